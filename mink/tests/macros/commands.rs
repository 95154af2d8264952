use mink::command::Command;
use mink::prelude::*;

#[command]
struct ByIdItself {
    id: u32,
    customer_id: u32,
}

#[command]
struct ByTheOnlyField {
    name: String,
    order_id: String,
}

#[command(id = "customer_id")]
struct ByName {
    order_id: u32,
    customer_id: u32,
}

#[command]
struct ByMark {
    order_id: u32,
    #[mink(id)]
    customer_id: u32,
}

#[command]
struct Close(u64);

#[command(id = "r#type", name = "kind.retire")]
struct RetireKind {
    r#type: String,
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct OrderId(u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "o{}", self.0)
    }
}

#[command]
struct OwnIdType {
    order_id: OrderId,
}

/// Whatever takes these commands; so that each has somebody who handles it.
#[derive(Aggregate, Default)]
struct Sink;

#[handlers]
impl Sink {
    fn by_id_itself(&self, _: ByIdItself) {}
    fn by_the_only_field(&self, _: ByTheOnlyField) {}
    fn by_name(&self, _: ByName) {}
    fn by_mark(&self, _: ByMark) {}
    fn close(&self, _: Close) {}
    fn retire(&self, _: RetireKind) {}
    fn own(&self, _: OwnIdType) {}
    fn own_derives(&self, _: OwnDerives) {}
    fn local(&self, _: Local) {}
}

#[test]
fn a_field_called_id_is_the_id() {
    let command = ByIdItself {
        id: 1,
        customer_id: 2,
    };
    assert_eq!(command.aggregate_id(), "1");
    assert_eq!(command.customer_id, 2);
}

#[test]
fn the_only_field_that_ends_in_id_is_the_id() {
    let command = ByTheOnlyField {
        name: "n".to_owned(),
        order_id: "7".to_owned(),
    };
    assert_eq!(command.aggregate_id(), "7");
    assert_eq!(command.name, "n");
}

#[test]
fn a_named_or_marked_field_is_the_id() {
    let named = ByName {
        order_id: 1,
        customer_id: 2,
    };
    let marked = ByMark {
        order_id: 1,
        customer_id: 2,
    };
    assert_eq!(named.aggregate_id(), "2");
    assert_eq!(marked.aggregate_id(), "2");
    assert_eq!(named.order_id, marked.order_id);
}

#[test]
fn the_field_of_a_newtype_is_the_id() {
    assert_eq!(Close(3).aggregate_id(), "3");
}

#[test]
fn a_raw_identifier_is_the_id() {
    let command = RetireKind {
        r#type: "tea".to_owned(),
    };
    assert_eq!(command.aggregate_id(), "tea");
    assert_eq!(RetireKind::NAME, "kind.retire");
}

#[test]
fn an_id_type_of_the_domains_own_is_shown_by_its_display() {
    let command = OwnIdType {
        order_id: OrderId(9),
    };
    assert_eq!(command.aggregate_id(), "o9");
}

#[command(local, derive(none))]
#[derive(Clone)]
struct OwnDerives {
    id: u8,
}

#[test]
fn a_command_that_is_never_sent_needs_no_more_than_clone() {
    assert_eq!(OwnDerives { id: 1 }.clone().aggregate_id(), "1");
    assert!(OwnDerives::JSON.is_none());
}

/// Holds what no JSON can.
#[command(local)]
struct Local {
    id: u8,
    at: LocalPart,
}

#[derive(Clone, PartialEq, Debug)]
struct LocalPart(std::time::Instant);

#[test]
fn a_local_command_may_hold_what_cannot_be_written() {
    let command = Local {
        id: 1,
        at: LocalPart(std::time::Instant::now()),
    };
    assert_eq!(command.clone(), command);
    assert!(Local::JSON.is_none());
}

#[test]
fn a_command_is_written_and_read_as_its_serde_says() {
    let json = ByIdItself::JSON.unwrap();
    let command = ByIdItself {
        id: 1,
        customer_id: 2,
    };
    let text = (json.write)(&command).unwrap();
    assert_eq!(text, br#"{"id":1,"customer_id":2}"#);
    assert_eq!((json.read)(&text).unwrap(), command);
}
