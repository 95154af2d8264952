//! What is wrong with a program's declarations is said before it accepts work, all of it at once.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::convert::Infallible;

use mink_runtime::aggregate::{Aggregate, AggregateHandlers, Applies, Decider, Decides, Evolver};
use mink_runtime::command::{Command, CommandContext, MissingService, Routed, ServiceNeed};
use mink_runtime::event::{Event, Upcast, UpcastStep};
use mink_runtime::handler::{HandledBy, Handler};
use mink_runtime::registry::{Location, Registry, RegistryFault};
use mink_runtime::schema::{Shape, TypeShape};

macro_rules! event {
    ($type:ident, $name:literal, $version:literal, [$($from:literal),*] $(, encrypt $path:literal)?) => {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct $type {}
        impl Shape for $type {
            const SHAPE: TypeShape = TypeShape::Struct(mink_runtime::schema::StructShape {
                name: stringify!($type),
                fields: &[],
            });
        }
        impl Event for $type {
            const NAME: &'static str = $name;
            const VERSION: u32 = $version;
            const UPCASTS: &'static [Upcast<Self>] =
                &[$(Upcast { from: $from, step: UpcastStep::Json(Ok) }),*];
            $(const ENCRYPTED: &'static [&'static str] = &[$path];)?
        }
    };
}

event!(One, "Same", 1, []);
event!(Two, "Same", 1, []);
event!(Gap, "Gap", 4, [1, 3]);
event!(Overlap, "Overlap", 2, [1, 1]);
event!(Cycle, "Cycle", 2, [1, 2]);
event!(Zero, "Zero", 0, []);
event!(Hidden, "Hidden", 1, [], encrypt "e-mail");
event!(Whole, "Whole", 3, [1, 2]);

macro_rules! aggregate {
    ($type:ident, $name:literal) => {
        #[derive(Default)]
        struct $type;
        impl Aggregate for $type {
            const NAME: &'static str = $name;
        }
        impl Applies<Whole> for $type {
            fn apply(&mut self, _: &Whole) {}
        }
        impl Routed<$type> for Go {}
        impl Decides<Go> for $type {
            type Decision = ();
            async fn decide(&self, _: Go, _: &CommandContext) -> Result<(), MissingService> {
                Ok(())
            }
        }
        impl AggregateHandlers for $type {
            const EVOLVERS: &'static [Evolver<Self>] =
                &[Evolver::of::<Whole>(Location::new("domain.rs", 7))];
            const DECIDERS: &'static [Decider] = &[Decider::of::<Go, $type, Infallible>(
                &[],
                Location::new(concat!($name, ".rs"), 8),
            )];
        }
    };
}

#[derive(Clone)]
struct Go;
impl Command for Go {
    const NAME: &'static str = "Go";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("1")
    }
}

#[derive(Clone)]
struct Nobodys;
impl Command for Nobodys {
    const NAME: &'static str = "Nobodys";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("1")
    }
}

aggregate!(Left, "Left");
aggregate!(Right, "Right");
aggregate!(Hyphen, "Hyp-hen");

macro_rules! handler {
    ($type:ident, $name:literal) => {
        struct $type;
        impl HandledBy<$type> for Go {}
        impl Handler<Go> for $type {
            const NAME: &'static str = $name;
            const SERVICES: &'static [ServiceNeed] = &[];
            type Returned = ();
            async fn handle(_: Go, _: &CommandContext) -> Result<(), MissingService> {
                Ok(())
            }
        }
    };
}

handler!(Near, "near");
handler!(Far, "far");

fn faults(registry: &Registry) -> Vec<RegistryFault> {
    registry
        .verify()
        .err()
        .map(|faults| faults.faults)
        .unwrap_or_default()
}

fn only(registry: &Registry) -> String {
    let faults = faults(registry);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

#[test]
fn a_whole_registry_has_no_faults() {
    let registry = Registry::by_hand()
        .event::<Whole>()
        .command::<Go>()
        .aggregate::<Left>()
        .build();
    assert_eq!(faults(&registry), []);
}

#[test]
fn nothing_at_all_is_explained() {
    let text = only(&Registry::default());
    assert!(text.contains("use my_domain as _;"), "{text}");
}

#[test]
fn two_events_of_one_name_are_named_with_both_places() {
    let registry = Registry::by_hand().event::<One>().event::<Two>().build();
    let text = only(&registry);
    assert!(text.contains("two events are called `Same`"), "{text}");
    assert_eq!(text.matches("registry_faults.rs:").count(), 2, "{text}");
}

#[test]
fn a_gap_in_a_chain_names_the_missing_step() {
    let text = only(&Registry::by_hand().event::<Gap>().build());
    assert!(
        text.contains("no upcaster from version 2: add `upcast(2 => ...)`"),
        "{text}"
    );
}

#[test]
fn an_overlap_and_a_cycle_in_a_chain_are_named() {
    let text = only(&Registry::by_hand().event::<Overlap>().build());
    assert!(text.contains("two upcasters from version 1"), "{text}");
    let text = only(&Registry::by_hand().event::<Cycle>().build());
    assert!(
        text.contains("an upcaster starts below the event's version"),
        "{text}"
    );
}

#[test]
fn version_zero_is_refused() {
    let text = only(&Registry::by_hand().event::<Zero>().build());
    assert!(text.contains("versions start at 1"), "{text}");
}

#[test]
fn an_encrypted_field_that_is_not_in_the_type_is_named() {
    let text = only(&Registry::by_hand().event::<Hidden>().build());
    assert!(
        text.contains("encrypts `e-mail`, which is not a field of it"),
        "{text}"
    );
}

#[test]
fn a_command_that_nobody_handles_is_named() {
    let registry = Registry::by_hand()
        .event::<Whole>()
        .command::<Nobodys>()
        .build();
    let text = only(&registry);
    assert!(
        text.contains("nobody handles the command `Nobodys`"),
        "{text}"
    );
}

#[test]
fn a_command_with_two_handlers_is_named_with_both_places() {
    let registry = Registry::by_hand()
        .event::<Whole>()
        .command::<Go>()
        .aggregate::<Left>()
        .aggregate::<Right>()
        .build();
    let text = only(&registry);
    assert!(
        text.contains("two handlers: Left.rs:8 and Right.rs:8"),
        "{text}"
    );
}

#[test]
fn methods_for_what_is_not_declared_are_named() {
    let text: Vec<_> = faults(&Registry::by_hand().aggregate::<Left>().build())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        text[0].contains("evolves from `Whole`, which is not declared"),
        "{text:?}"
    );
    assert!(
        text[1].contains("handles `Go`, which is not declared"),
        "{text:?}"
    );
}

#[test]
fn an_aggregate_whose_name_cannot_be_a_category_is_refused() {
    let registry = Registry::by_hand()
        .event::<Whole>()
        .command::<Go>()
        .aggregate::<Hyphen>()
        .build();
    let text = only(&registry);
    assert!(
        text.contains("`Order-1` is id `1` of category `Order`"),
        "{text}"
    );
}

#[test]
fn every_fault_is_reported_at_once() {
    let registry = Registry::by_hand()
        .event::<One>()
        .event::<Two>()
        .event::<Gap>()
        .event::<Zero>()
        .command::<Nobodys>()
        .build();
    let report = registry.verify().unwrap_err();
    assert_eq!(report.faults.len(), 4);
    assert!(
        report
            .to_string()
            .starts_with("4 faults in what this program declares:\n  - ")
    );
}

#[test]
fn a_registry_prints_itself_sorted() {
    let registry = Registry::by_hand()
        .command::<Go>()
        .event::<Whole>()
        .event::<Hidden>()
        .aggregate::<Left>()
        .build();
    let text = registry.to_string();
    let hidden = text.find("Hidden v1, encrypts e-mail").unwrap();
    let whole = text.find("Whole v3, upcast from v1, v2").unwrap();
    assert!(hidden < whole, "{text}");
    assert!(text.contains("Go -> Left (Left.rs:8)"), "{text}");
}

#[test]
fn a_command_with_two_functions_or_a_function_and_an_aggregate_names_both() {
    let two = Registry::by_hand()
        .command::<Go>()
        .handler::<Go, Near>()
        .handler::<Go, Far>()
        .build();
    let text = only(&two);
    assert!(text.contains("the command `Go` has two handlers"), "{text}");
    assert_eq!(text.matches("registry_faults.rs:").count(), 2, "{text}");
    let both = Registry::by_hand()
        .event::<Whole>()
        .command::<Go>()
        .aggregate::<Left>()
        .handler::<Go, Near>()
        .build();
    let text = only(&both);
    assert!(text.contains("Left.rs:8"), "{text}");
    assert!(text.contains("registry_faults.rs:"), "{text}");
}

#[test]
fn a_function_whose_command_is_not_declared_is_named() {
    let text = only(&Registry::by_hand().handler::<Go, Near>().build());
    assert!(
        text.contains("`near` handles `Go`, which is not declared"),
        "{text}"
    );
}

#[cfg(not(feature = "msgpack"))]
#[test]
fn a_default_format_whose_feature_is_off_names_the_feature() {
    let registry = Registry::by_hand().event::<Whole>();
    let text = only(&registry.default_format("msgpack").build());
    assert!(text.contains("registry_faults.rs:"), "{text}");
    assert!(
        text.contains("turn on mink's feature `msgpack`") && text.contains("there are `json`"),
        "{text}"
    );
}
