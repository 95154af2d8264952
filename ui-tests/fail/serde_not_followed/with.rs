use mink::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Shape)]
struct Line {
    #[serde(with = "text")]
    price: u64,
}

mod text {
    pub fn serialize<S: serde::Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text: String = serde::Deserialize::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn main() {}
