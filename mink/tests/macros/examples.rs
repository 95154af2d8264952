//! Types that accept less than their shape says.

use mink::prelude::*;
use mink::registry::Registry;
use mink::testing::check_registry;

/// A code such as `AB-12`.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
#[serde(try_from = "String", into = "String")]
#[mink(shape = String, example = "AB-12")]
struct Sku(String);

impl TryFrom<String> for Sku {
    type Error = &'static str;
    fn try_from(code: String) -> Result<Self, &'static str> {
        let whole = code.len() == 5 && code.as_bytes()[2] == b'-';
        if whole {
            Ok(Self(code))
        } else {
            Err("a code is two letters, a hyphen and two digits")
        }
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
#[serde(try_from = "u8", into = "u8")]
#[mink(shape = u8)]
struct Percent(u8);

impl TryFrom<u8> for Percent {
    type Error = &'static str;
    fn try_from(number: u8) -> Result<Self, &'static str> {
        if number <= 100 {
            Ok(Self(number))
        } else {
            Err("a percentage ends at 100")
        }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

#[event]
struct Discounted {
    sku: Sku,
    #[mink(example = 100)]
    by: Percent,
}

#[event]
struct Doubted {
    by: Percent,
}

#[test]
fn the_registry_test_uses_the_declared_examples() {
    check_registry(&Registry::by_hand().event::<Discounted>().build()).unwrap();
}

#[test]
fn without_an_example_the_registry_test_says_what_to_write() {
    let found = check_registry(&Registry::by_hand().event::<Doubted>().build()).unwrap_err();
    assert!(
        found[0].to_string().contains("`#[mink(example = ...)]`"),
        "{}",
        found[0]
    );
}
