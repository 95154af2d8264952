//! Whether decimals are stored as they are.
//!
//! `rust_decimal` has a feature that writes every decimal of a program as a binary float, and any crate of the program
//! may turn it on. Then digits are lost, and the largest decimals are never read again.

use super::{Registry, RegistryFault};
use crate::schema::{TypeShape, any_part};

pub(super) fn find(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    if !are_exact() {
        inexact(registry, faults);
    }
}

fn inexact(registry: &Registry, faults: &mut Vec<RegistryFault>) {
    let decimal = |shape: &TypeShape| matches!(shape, TypeShape::Formatted("decimal"));
    for event in &registry.events {
        if any_part(&event.shape, &decimal) {
            faults.push(RegistryFault::InexactDecimal {
                event: event.name,
                location: event.location,
            });
        }
    }
}

#[cfg(not(feature = "decimal"))]
const fn are_exact() -> bool {
    true
}

#[cfg(feature = "decimal")]
fn are_exact() -> bool {
    use rust_decimal::Decimal;
    [Decimal::MAX, Decimal::new(-1, Decimal::MAX_SCALE)]
        .into_iter()
        .all(|decimal| {
            serde_json::to_vec(&decimal)
                .ok()
                .and_then(|json| serde_json::from_slice::<Decimal>(&json).ok())
                == Some(decimal)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::schema::{Field, Shape, StructShape};

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Paid {}

    impl Shape for Paid {
        const SHAPE: TypeShape = TypeShape::Struct(StructShape {
            name: "Paid",
            fields: &[Field {
                name: "amounts",
                shape: TypeShape::List(&TypeShape::Formatted("decimal")),
                default: false,
            }],
        });
    }

    impl Event for Paid {
        const NAME: &'static str = "Paid";
    }

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Named {}

    impl Shape for Named {
        const SHAPE: TypeShape = TypeShape::Text;
    }

    impl Event for Named {
        const NAME: &'static str = "Named";
    }

    #[test]
    fn an_event_with_a_decimal_that_would_be_a_float_is_named_with_what_to_do() {
        let registry = Registry::by_hand().event::<Paid>().event::<Named>().build();
        let mut faults = Vec::new();
        inexact(&registry, &mut faults);
        assert_eq!(faults.len(), 1, "{faults:?}");
        let text = faults.iter().map(ToString::to_string).collect::<String>();
        assert!(text.contains("event `Paid`"), "{text}");
        assert!(text.contains("`serde-float`"), "{text}");
    }

    #[test]
    fn decimals_are_exact_unless_that_feature_is_on() {
        assert!(are_exact());
    }
}
