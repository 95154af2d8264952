use proc_macro2::Span;
use syn::LitStr;

use crate::ctxt::Ctxt;

/// A dotted path into what is stored, and where the user wrote it.
pub(crate) struct EncryptedPath {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl EncryptedPath {
    pub(crate) fn new(text: String, span: Span) -> Self {
        Self { text, span }
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('.')
    }
}

/// The paths of `encrypt = "a, b.c"`.
pub(super) fn split(cx: &mut Ctxt, list: &LitStr) -> Vec<EncryptedPath> {
    let text = list.value();
    if text.trim().is_empty() {
        cx.fault(
            list,
            "`encrypt` names no field: list the fields to encrypt, as in `encrypt = \"email, address.zip\"`, or leave it out",
        );
        return Vec::new();
    }
    let mut paths = Vec::new();
    for path in text.split(',').map(str::trim) {
        if path.is_empty() {
            cx.fault(
                list,
                "there is nothing between two commas here: list the fields as in `encrypt = \"email, address.zip\"`",
            );
        } else if path.split('.').any(str::is_empty) {
            cx.fault(
                list,
                format!("the path `{path}` has nothing beside a dot: write it as in `address.zip`"),
            );
        } else if path.contains(char::is_whitespace) {
            cx.fault(
                list,
                format!("`{path}` is not one path: put commas between the fields, as in `encrypt = \"email, address.zip\"`"),
            );
        } else {
            paths.push(EncryptedPath::new(path.to_owned(), list.span()));
        }
    }
    paths
}

/// Two paths of which one contains the other.
pub(super) fn check_overlap(cx: &mut Ctxt, paths: &[EncryptedPath]) {
    for (at, path) in paths.iter().enumerate() {
        for before in &paths[..at] {
            if path.text == before.text {
                cx.fault_at(
                    path.span,
                    format!("`{}` is encrypted twice: name it once", path.text),
                );
            } else if let Some((whole, part)) = nested(before, path) {
                cx.fault_at(
                    path.span,
                    format!("`{part}` is encrypted with `{whole}` already: name one of the two"),
                );
            }
        }
    }
}

fn nested<'a>(a: &'a EncryptedPath, b: &'a EncryptedPath) -> Option<(&'a str, &'a str)> {
    let within = |whole: &str, part: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    if within(&a.text, &b.text) {
        Some((&a.text, &b.text))
    } else if within(&b.text, &a.text) {
        Some((&b.text, &a.text))
    } else {
        None
    }
}
