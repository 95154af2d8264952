use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
enum Channel {
    Shop(u8),
    #[serde(untagged)]
    Web(String),
}

fn main() {}
