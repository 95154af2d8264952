//! What a change of a stored form means.
#![allow(clippy::unwrap_used, reason = "tests")]

use mink_runtime::schema::{
    ChangeKind, Comparison, Compatibility, EnumSchema, EventSchema, FieldSchema, SchemaError,
    SchemaRegistry, StructSchema, TagSchema, TypeSchema, VariantSchema, compare, compare_shapes,
};
use proptest::prelude::*;

const U32: TypeSchema = unsigned(32);

const fn unsigned(bits: u16) -> TypeSchema {
    TypeSchema::Integer {
        signed: false,
        bits,
    }
}

const fn signed(bits: u16) -> TypeSchema {
    TypeSchema::Integer { signed: true, bits }
}

fn optional(inner: TypeSchema) -> TypeSchema {
    TypeSchema::Optional(Box::new(inner))
}

fn list(inner: TypeSchema) -> TypeSchema {
    TypeSchema::List(Box::new(inner))
}

fn field(name: &str, shape: TypeSchema) -> FieldSchema {
    FieldSchema {
        name: name.to_owned(),
        shape,
        default: false,
        aliases: Vec::new(),
    }
}

fn defaulted(name: &str, shape: TypeSchema) -> FieldSchema {
    FieldSchema {
        default: true,
        ..field(name, shape)
    }
}

fn alias(name: &str, also: &str, shape: TypeSchema) -> FieldSchema {
    FieldSchema {
        aliases: vec![also.to_owned()],
        ..field(name, shape)
    }
}

fn object(fields: impl IntoIterator<Item = FieldSchema>) -> TypeSchema {
    TypeSchema::Struct(StructSchema {
        fields: fields.into_iter().collect(),
        strict: false,
    })
}

fn strict(fields: impl IntoIterator<Item = FieldSchema>) -> TypeSchema {
    TypeSchema::Struct(StructSchema {
        fields: fields.into_iter().collect(),
        strict: true,
    })
}

fn one_of<'a>(
    tag: TagSchema,
    variants: impl IntoIterator<Item = (&'a str, TypeSchema)>,
) -> TypeSchema {
    TypeSchema::Enum(EnumSchema {
        tag,
        variants: variants
            .into_iter()
            .map(|(name, shape)| VariantSchema {
                name: name.to_owned(),
                shape,
                aliases: Vec::new(),
            })
            .collect(),
    })
}

fn json(shape: TypeSchema) -> EventSchema {
    in_format("json", shape)
}

fn in_format(format: &str, shape: TypeSchema) -> EventSchema {
    EventSchema {
        format: format.to_owned(),
        encrypted: Vec::new(),
        shape,
    }
}

/// How the two stand, and each change as `path: kind`.
fn changes(old: &TypeSchema, new: &TypeSchema) -> (Compatibility, Vec<String>) {
    said(&compare_shapes(old, new))
}

fn said(comparison: &Comparison) -> (Compatibility, Vec<String>) {
    let changes = comparison.changes.iter().map(|change| {
        let kind = format!("{:?}", change.kind);
        let kind = kind.split([' ', '{']).next().unwrap_or_default().to_owned();
        format!("{}: {kind}", change.path)
    });
    (comparison.compatibility(), changes.collect())
}

fn one(compatibility: Compatibility, change: &str) -> (Compatibility, Vec<String>) {
    (compatibility, vec![change.to_owned()])
}

fn customer() -> FieldSchema {
    field("customer", TypeSchema::Text)
}

#[test]
fn nothing_changed_is_full() {
    let order = object([customer(), field("cents", U32)]);
    assert_eq!(changes(&order, &order), (Compatibility::Full, vec![]));
    let reordered = object([field("cents", U32), customer()]);
    assert_eq!(changes(&order, &reordered), (Compatibility::Full, vec![]));
}

#[test]
fn a_type_that_changed_is_breaking() {
    let old = object([field("cents", U32)]);
    let new = object([field("cents", TypeSchema::Text)]);
    assert_eq!(
        changes(&old, &new),
        one(Compatibility::Breaking, "cents: Retyped")
    );
}

#[test]
fn a_field_that_became_required_is_breaking() {
    let old = object([field("note", optional(TypeSchema::Text))]);
    let new = object([field("note", TypeSchema::Text)]);
    let required = one(Compatibility::Breaking, "note: MadeRequired");
    assert_eq!(changes(&old, &new), required);
    // an option wrote `null`, and a default takes none
    let with_default = object([defaulted("note", TypeSchema::Text)]);
    assert_eq!(changes(&old, &with_default), required);
    assert_eq!(changes(&with_default, &new), required);
}

#[test]
fn a_required_field_that_was_added_is_breaking() {
    let old = object([customer()]);
    let new = object([customer(), field("cents", U32)]);
    assert_eq!(
        changes(&old, &new),
        one(Compatibility::Breaking, "cents: AddedRequired")
    );
}

#[test]
fn a_field_added_and_a_field_removed_are_breaking_together() {
    let old = object([customer(), field("note", optional(TypeSchema::Text))]);
    let new = object([customer(), field("remark", optional(TypeSchema::Text))]);
    assert_eq!(
        changes(&old, &new),
        (
            Compatibility::Breaking,
            vec!["note: Removed".into(), "remark: Added".into()]
        )
    );
}

#[test]
fn only_removed_fields_are_forward() {
    let old = object([customer(), field("cents", U32)]);
    let new = object([customer()]);
    assert_eq!(
        changes(&old, &new),
        one(Compatibility::Forward, "cents: Removed")
    );
}

#[test]
fn only_added_fields_that_may_be_missing_are_backward() {
    let old = object([customer()]);
    let new = object([
        customer(),
        field("note", optional(TypeSchema::Text)),
        defaulted("tags", list(TypeSchema::Text)),
    ]);
    assert_eq!(
        changes(&old, &new),
        (
            Compatibility::Backward,
            vec!["note: Added".into(), "tags: Added".into()]
        )
    );
}

#[test]
fn what_may_be_missing_from_now_on_is_backward() {
    let old = object([field("note", TypeSchema::Text)]);
    for new in [
        field("note", optional(TypeSchema::Text)),
        defaulted("note", TypeSchema::Text),
    ] {
        assert_eq!(
            changes(&old, &object([new])),
            one(Compatibility::Backward, "note: MadeOptional")
        );
    }
}

#[test]
fn versions_that_are_reversed_equal_or_unknown_are_errors() {
    let mut schemas = SchemaRegistry::default();
    let schema = || json(object([customer()]));
    schemas.register("OrderPlaced", 1, schema()).unwrap();
    schemas.register("OrderPlaced", 2, schema()).unwrap();
    let reversed = |old, new| {
        matches!(
            schemas.check_compatibility("OrderPlaced", old, new),
            Err(SchemaError::Reversed { .. })
        )
    };
    assert!(reversed(2, 1));
    assert!(reversed(1, 1));
    assert!(reversed(9, 9));
    assert!(!reversed(1, 2));
    assert_eq!(
        schemas.check_compatibility("OrderPlaced", 1, 3),
        Err(SchemaError::UnknownVersion {
            event: "OrderPlaced".into(),
            version: 3
        })
    );
    assert!(matches!(
        schemas.check_compatibility("Gone", 1, 2),
        Err(SchemaError::UnknownEvent { .. })
    ));
    assert!(matches!(
        schemas.latest("Gone"),
        Err(SchemaError::UnknownEvent { .. })
    ));
    assert_eq!(schemas.latest("OrderPlaced").unwrap().0, 2);
    assert_eq!(schemas.events().collect::<Vec<_>>(), ["OrderPlaced"]);
}

#[test]
fn a_version_is_registered_once_and_starts_at_one() {
    let mut schemas = SchemaRegistry::default();
    let schema = || json(object([customer()]));
    assert!(matches!(
        schemas.register("OrderPlaced", 0, schema()),
        Err(SchemaError::VersionZero { .. })
    ));
    schemas.register("OrderPlaced", 1, schema()).unwrap();
    assert!(matches!(
        schemas.register("OrderPlaced", 1, schema()),
        Err(SchemaError::Duplicate { .. })
    ));
}

#[test]
fn backward_compatibility_can_be_required() {
    let mut schemas = SchemaRegistry::default();
    let forms = [
        object([customer()]),
        object([customer(), field("note", optional(TypeSchema::Text))]),
        object([customer()]),
    ];
    for (version, form) in (1..).zip(forms) {
        schemas
            .register("OrderPlaced", version, json(form))
            .unwrap();
    }
    assert_eq!(schemas.require_backward("OrderPlaced", 1, 2), Ok(()));
    assert_eq!(schemas.require_backward("OrderPlaced", 1, 3), Ok(()));
    let refused = schemas.require_backward("OrderPlaced", 2, 3).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "event `OrderPlaced`: version 3 is not backward compatible with version 2 (forward):\n\
         `note` (text?) was removed: without an upcaster, what is stored there is dropped\n"
    );
}

#[test]
fn a_change_deep_inside_is_named_by_its_path() {
    let address = |zip| object([field("zip", zip), field("city", TypeSchema::Text)]);
    let order = |zip: TypeSchema| {
        object([
            field("address", optional(address(zip.clone()))),
            field("lines", list(address(zip.clone()))),
            field(
                "by_country",
                TypeSchema::Map {
                    key: Box::new(TypeSchema::Text),
                    value: Box::new(address(zip.clone())),
                },
            ),
            field("pair", TypeSchema::Tuple(vec![TypeSchema::Bool, zip])),
        ])
    };
    let (compatibility, paths) = changes(&order(TypeSchema::Text), &order(U32));
    assert_eq!(compatibility, Compatibility::Breaking);
    assert_eq!(
        paths,
        [
            "address.zip: Retyped",
            "lines.zip: Retyped",
            "by_country.*.zip: Retyped",
            "pair.1: Retyped"
        ]
    );
}

#[test]
fn a_retyped_element_is_shown_with_the_list_around_it() {
    let old = object([field("tags", list(TypeSchema::Text))]);
    let new = object([field("tags", list(U32))]);
    let changes = compare_shapes(&old, &new).changes;
    assert_eq!(
        changes.first().map(ToString::to_string).unwrap(),
        "`tags` was [text] and is [u32]"
    );
}

#[test]
fn a_field_removed_here_and_one_added_there_are_breaking_together() {
    let order = |inner: Vec<FieldSchema>, mut outer: Vec<FieldSchema>| {
        outer.push(field("address", object(inner)));
        object(outer)
    };
    let old = order(vec![customer()], vec![field("cents", U32)]);
    let new = order(
        vec![customer(), field("note", optional(TypeSchema::Text))],
        vec![],
    );
    assert_eq!(changes(&old, &new).0, Compatibility::Breaking);
}

#[test]
fn a_wider_number_reads_what_a_narrower_one_wrote() {
    let widened = |old: TypeSchema, new: TypeSchema| {
        changes(&object([field("n", old)]), &object([field("n", new)]))
    };
    let backward = || one(Compatibility::Backward, "n: Widened");
    let breaking = || one(Compatibility::Breaking, "n: Retyped");
    assert_eq!(widened(unsigned(32), unsigned(64)), backward());
    assert_eq!(widened(signed(8), signed(16)), backward());
    assert_eq!(widened(unsigned(32), signed(64)), backward());
    assert_eq!(
        widened(TypeSchema::Float(32), TypeSchema::Float(64)),
        backward()
    );
    assert_eq!(widened(unsigned(64), unsigned(32)), breaking());
    assert_eq!(widened(unsigned(32), signed(32)), breaking());
    assert_eq!(widened(signed(8), unsigned(64)), breaking());
    assert_eq!(
        widened(TypeSchema::Float(64), TypeSchema::Float(32)),
        breaking()
    );
    assert_eq!(widened(unsigned(32), TypeSchema::Float(64)), breaking());
    assert_eq!(
        widened(unsigned(8), optional(unsigned(16))).0,
        Compatibility::Backward
    );
    assert_eq!(
        widened(unsigned(16), optional(unsigned(8))).0,
        Compatibility::Breaking
    );
    let key = |key: TypeSchema| TypeSchema::Map {
        key: Box::new(key),
        value: Box::new(TypeSchema::Text),
    };
    assert_eq!(widened(key(U32), key(unsigned(64))), backward());
    assert_eq!(widened(key(TypeSchema::Text), key(U32)), breaking());
}

#[test]
fn plain_text_reads_text_of_any_kind_and_not_the_other_way() {
    let uuid = || TypeSchema::Formatted("uuid".into());
    assert_eq!(
        changes(&uuid(), &TypeSchema::Text),
        one(Compatibility::Backward, ": Widened")
    );
    assert_eq!(
        changes(&TypeSchema::Text, &uuid()),
        one(Compatibility::Breaking, ": Retyped")
    );
    assert_eq!(changes(&U32, &TypeSchema::Any).0, Compatibility::Backward);
    assert_eq!(changes(&TypeSchema::Any, &U32).0, Compatibility::Breaking);
}

#[test]
fn a_new_variant_is_backward_and_a_missing_one_breaking() {
    let paid = |names: &[&str]| {
        one_of(
            TagSchema::External,
            names.iter().map(|name| (*name, TypeSchema::Null)),
        )
    };
    assert_eq!(
        changes(&paid(&["Cash"]), &paid(&["Card", "Cash"])),
        one(Compatibility::Backward, "Card: VariantAdded")
    );
    assert_eq!(
        changes(&paid(&["Card", "Cash"]), &paid(&["Cash"])),
        one(Compatibility::Breaking, "Card: VariantRemoved")
    );
    assert_eq!(
        changes(&paid(&["Card", "Cash"]), &paid(&["Cash", "Card"])).0,
        Compatibility::Full
    );
}

#[test]
fn what_a_variant_holds_is_compared_under_its_name() {
    let paid = |number| {
        one_of(
            TagSchema::External,
            [("Card", object([field("number", number)]))],
        )
    };
    let payment = |number| object([field("payment", paid(number))]);
    assert_eq!(
        changes(&payment(TypeSchema::Text), &payment(U32)),
        one(Compatibility::Breaking, "payment.Card.number: Retyped")
    );
}

#[test]
fn another_tag_is_breaking() {
    let paid = |tag| one_of(tag, [("Cash", TypeSchema::Null)]);
    let internal = |tag: &str| TagSchema::Internal { tag: tag.into() };
    assert_eq!(
        changes(&paid(TagSchema::External), &paid(internal("kind"))),
        one(Compatibility::Breaking, ": Retagged")
    );
    assert_eq!(
        changes(&paid(internal("type")), &paid(internal("kind"))).0,
        Compatibility::Breaking
    );
}

#[test]
fn an_untagged_enum_may_only_grow_at_its_end() {
    let either = |shapes: &[TypeSchema]| {
        one_of(
            TagSchema::Untagged,
            shapes.iter().map(|shape| ("", shape.clone())),
        )
    };
    let old = either(&[U32]);
    assert_eq!(
        changes(&old, &either(&[U32, TypeSchema::Text])).0,
        Compatibility::Backward
    );
    // the first that fits is taken, and what was a number would be something else
    assert_eq!(
        changes(&old, &either(&[TypeSchema::Any, U32])).0,
        Compatibility::Breaking
    );
    assert_eq!(
        changes(&either(&[U32, TypeSchema::Text]), &old).0,
        Compatibility::Breaking
    );
}

#[test]
fn a_field_that_is_also_read_under_its_old_name_is_backward() {
    let old = object([field("cents", U32)]);
    let new = object([alias("amount", "cents", U32)]);
    assert_eq!(
        changes(&old, &new),
        one(Compatibility::Backward, "amount: Renamed")
    );
    let forgotten = object([field("amount", U32)]);
    assert_eq!(
        changes(&new, &forgotten),
        one(Compatibility::Breaking, "amount: AliasRemoved")
    );
}

#[test]
fn removing_a_field_of_a_type_that_refuses_unknown_ones_is_breaking() {
    let old = strict([customer(), field("cents", U32)]);
    assert_eq!(
        changes(&old, &strict([customer()])),
        one(Compatibility::Breaking, "cents: RemovedAndRefused")
    );
    assert_eq!(
        changes(&object([customer()]), &strict([customer()])),
        one(Compatibility::Backward, ": MadeStrict")
    );
    assert_eq!(
        changes(&strict([customer()]), &object([customer()])),
        one(Compatibility::Full, ": MadeLenient")
    );
}

#[test]
fn another_format_is_backward_because_each_event_says_its_own() {
    let order = || object([customer()]);
    assert_eq!(
        said(&compare(&json(order()), &in_format("msgpack", order()))),
        one(Compatibility::Backward, ": Reformatted")
    );
}

#[test]
fn in_a_format_without_names_every_change_is_breaking() {
    let old = object([customer()]);
    let new = object([customer(), field("note", optional(TypeSchema::Text))]);
    let change = |format: &str| {
        compare(
            &in_format(format, old.clone()),
            &in_format(format, new.clone()),
        )
        .compatibility()
    };
    assert_eq!(change("json"), Compatibility::Backward);
    assert_eq!(change("msgpack"), Compatibility::Backward);
    assert_eq!(change("protobuf"), Compatibility::Breaking);
    let same = compare(
        &in_format("protobuf", old.clone()),
        &in_format("protobuf", old),
    );
    assert!(same.is_empty());
}

#[test]
fn fields_that_are_encrypted_or_no_longer_are_said() {
    let with = |encrypted: &[&str]| EventSchema {
        encrypted: encrypted.iter().map(|path| (*path).to_owned()).collect(),
        ..json(object([customer(), field("email", TypeSchema::Text)]))
    };
    let kinds = |old: &EventSchema, new: &EventSchema| {
        let changes = compare(old, new).changes;
        changes
            .into_iter()
            .map(|change| (change.path, change.kind))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&with(&[]), &with(&["email"])),
        [("email".to_owned(), ChangeKind::EncryptionAdded)]
    );
    assert_eq!(
        kinds(&with(&["email"]), &with(&["customer"])),
        [
            ("customer".to_owned(), ChangeKind::EncryptionAdded),
            ("email".to_owned(), ChangeKind::EncryptionRemoved)
        ]
    );
    // encrypted from its beginning, and until its end
    let without = json(object([customer()]));
    assert_eq!(kinds(&without, &with(&["email"])).len(), 1);
    assert_eq!(kinds(&with(&["email"]), &without).len(), 1);
}

fn any_schema() -> impl Strategy<Value = TypeSchema> {
    let leaf = prop_oneof![
        Just(TypeSchema::Null),
        Just(TypeSchema::Bool),
        Just(TypeSchema::Text),
        Just(TypeSchema::Any),
        Just(U32),
        Just(signed(64)),
        Just(TypeSchema::Float(64)),
        Just(TypeSchema::Formatted("uuid".into())),
        Just(TypeSchema::Recursive(1)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields =
            prop::collection::btree_map("[a-c\"ü ]{1,2}", (inner.clone(), any::<bool>()), 0..4)
                .prop_map(|fields| {
                    fields
                        .into_iter()
                        .map(|(name, (shape, default))| FieldSchema {
                            default,
                            ..field(&name, shape)
                        })
                        .collect::<Vec<_>>()
                });
        prop_oneof![
            inner.clone().prop_map(optional),
            inner.clone().prop_map(list),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| TypeSchema::Map {
                key: Box::new(key),
                value: Box::new(value)
            }),
            prop::collection::vec(inner.clone(), 0..3).prop_map(TypeSchema::Tuple),
            (fields.clone(), any::<bool>())
                .prop_map(|(fields, strict)| TypeSchema::Struct(StructSchema { fields, strict })),
            prop::collection::btree_map("[A-C]{1,2}", inner, 1..4).prop_map(|variants| one_of(
                TagSchema::Internal { tag: "kind".into() },
                variants
                    .iter()
                    .map(|(name, shape)| (name.as_str(), shape.clone()))
            )),
        ]
    })
}

proptest! {
    #[test]
    fn a_schema_is_the_same_after_it_was_written_as_json(schema in any_schema()) {
        let text = serde_json::to_string(&schema).unwrap();
        prop_assert_eq!(serde_json::from_str::<TypeSchema>(&text).unwrap(), schema);
    }

    #[test]
    fn a_schema_is_fully_compatible_with_itself(schema in any_schema()) {
        prop_assert!(compare_shapes(&schema, &schema).is_empty());
    }

    /// A lock keeps the newest form of a version only, so small legal steps must add up to a legal one.
    #[test]
    fn steps_that_read_what_is_stored_do_so_together(schema in any_schema(), steps in prop::collection::vec(any::<u8>(), 2..6)) {
        let mut grown = schema.clone();
        for step in steps {
            let next = grow(&grown, step);
            prop_assert!(reads(&grown, &next), "{} -> {}", grown, next);
            grown = next;
            prop_assert!(reads(&schema, &grown), "{} -> ... -> {}", schema, grown);
        }
    }
}

fn reads(old: &TypeSchema, new: &TypeSchema) -> bool {
    compare_shapes(old, new)
        .compatibility()
        .reads_what_is_stored()
}

/// A form that reads all that this one wrote.
fn grow(schema: &TypeSchema, step: u8) -> TypeSchema {
    match schema {
        TypeSchema::Integer { signed, bits } => TypeSchema::Integer {
            signed: *signed,
            bits: bits * 2,
        },
        TypeSchema::Formatted(_) => TypeSchema::Text,
        TypeSchema::Optional(inner) => optional(grow(inner, step)),
        TypeSchema::List(inner) => list(grow(inner, step)),
        TypeSchema::Tuple(places) => {
            TypeSchema::Tuple(places.iter().map(|place| grow(place, step)).collect())
        }
        TypeSchema::Struct(shape) => {
            let mut shape = shape.clone();
            for (at, field) in (0_u8..).zip(&mut shape.fields) {
                match (step ^ at) % 4 {
                    0 => field.shape = grow(&field.shape, step),
                    1 if !field.may_be_missing() => field.default = true,
                    2 => {
                        let old = std::mem::replace(&mut field.name, format!("renamed{step}{at}"));
                        field.aliases.push(old);
                    }
                    _ => {}
                }
            }
            shape
                .fields
                .push(field(&format!("added{step}"), optional(TypeSchema::Text)));
            let twice = |name: &str| {
                shape
                    .fields
                    .iter()
                    .filter(|field| field.name == name)
                    .count()
                    > 1
            };
            if shape.fields.iter().any(|field| twice(&field.name)) {
                return schema.clone();
            }
            TypeSchema::Struct(shape)
        }
        TypeSchema::Enum(shape) => {
            let mut shape = shape.clone();
            for variant in &mut shape.variants {
                variant.shape = grow(&variant.shape, step);
            }
            TypeSchema::Enum(shape)
        }
        other => other.clone(),
    }
}
