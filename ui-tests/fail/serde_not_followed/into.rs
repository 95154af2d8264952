use mink::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize, Shape)]
#[serde(into = "String", from = "String")]
struct Sku(String);

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

impl From<String> for Sku {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn main() {}
