//! The same crate before and after a field was renamed: `renamed` is set by a variable, not by a feature, because a
//! feature would be switched on with all others.
#![allow(clippy::print_stdout, reason = "how a build script speaks")]

fn main() {
    println!("cargo::rerun-if-env-changed=LOCKED_SHOP_RENAMED");
    println!("cargo::rustc-check-cfg=cfg(renamed)");
    if std::env::var_os("LOCKED_SHOP_RENAMED").is_some() {
        println!("cargo::rustc-cfg=renamed");
    }
}
