//! Shapes of the standard library's types and of the common crates'.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::rc::Rc;
use std::sync::Arc;

use super::{Field, ReadBack, Shape, StructShape, TypeShape};

macro_rules! shapes {
    ($read_back:ident: $($ty:ty => $shape:expr;)*) => {$(
        impl Shape for $ty {
            const SHAPE: TypeShape = $shape;
            const READ_BACK: ReadBack = ReadBack::$read_back;
        }
    )*};
}

macro_rules! integers {
    ($read_back:ident, $signed:literal, $bits:literal: $($ty:ty),*) => {
        shapes! {$read_back: $($ty => TypeShape::Integer { signed: $signed, bits: $bits };)*}
    };
}

integers!(CERTAIN, true, 8: i8, NonZeroI8);
integers!(CERTAIN, true, 16: i16, NonZeroI16);
integers!(CERTAIN, true, 32: i32, NonZeroI32);
integers!(CERTAIN, true, 64: i64, isize, NonZeroI64, NonZeroIsize);
integers!(CHECKED, true, 128: i128, NonZeroI128);
integers!(CERTAIN, false, 8: u8, NonZeroU8);
integers!(CERTAIN, false, 16: u16, NonZeroU16);
integers!(CERTAIN, false, 32: u32, NonZeroU32);
integers!(CERTAIN, false, 64: u64, usize, NonZeroU64, NonZeroUsize);
integers!(CHECKED, false, 128: u128, NonZeroU128);

shapes! { CERTAIN:
    () => TypeShape::Unit;
    bool => TypeShape::Bool;
    char => TypeShape::Formatted("char");
    str => TypeShape::Text;
    String => TypeShape::Text;
    std::path::PathBuf => TypeShape::Text;
    std::net::IpAddr => TypeShape::Formatted("ip");
    std::net::Ipv4Addr => TypeShape::Formatted("ipv4");
    std::net::Ipv6Addr => TypeShape::Formatted("ipv6");
    uuid::Uuid => TypeShape::Formatted("uuid");
    chrono::NaiveDate => TypeShape::Formatted("date");
    chrono::NaiveTime => TypeShape::Formatted("time");
    chrono::NaiveDateTime => TypeShape::Formatted("local-date-time");
    chrono::DateTime<chrono::Utc> => TypeShape::Formatted("date-time");
    crate::id::EventId => TypeShape::Formatted("uuid");
    std::time::Duration => TypeShape::Struct(StructShape {
        name: "Duration",
        fields: &[
            Field { name: "secs", shape: <u64 as Shape>::SHAPE, default: false },
            Field { name: "nanos", shape: <u32 as Shape>::SHAPE, default: false },
        ],
    });
}

// a time near the end of the calendar leaves it when its offset is taken off
shapes! { CHECKED:
    f32 => TypeShape::Float(32);
    f64 => TypeShape::Float(64);
    std::net::SocketAddr => TypeShape::Formatted("socket-address");
    serde_json::Value => TypeShape::Any;
    chrono::DateTime<chrono::FixedOffset> => TypeShape::Formatted("date-time");
    chrono::DateTime<chrono::Local> => TypeShape::Formatted("date-time");
    crate::id::StreamId => TypeShape::Formatted("stream-id");
    crate::id::TenantId => TypeShape::Formatted("tenant-id");
}

#[cfg(feature = "decimal")]
impl Shape for rust_decimal::Decimal {
    const SHAPE: TypeShape = TypeShape::Formatted("decimal");
    const READ_BACK: ReadBack = ReadBack::CERTAIN;
}

macro_rules! transparent {
    ($($ty:ty),*) => {$(
        impl<T: Shape + ?Sized> Shape for $ty {
            const SHAPE: TypeShape = T::SHAPE;
            const READ_BACK: ReadBack = T::READ_BACK;
        }
    )*};
}
transparent!(Box<T>, Rc<T>, Arc<T>);

// what it is read back as is another type, which may read in its own way
impl<T: Shape + ToOwned + ?Sized> Shape for Cow<'_, T> {
    const SHAPE: TypeShape = T::SHAPE;
}

impl<T: Shape> Shape for Option<T> {
    const SHAPE: TypeShape = TypeShape::Optional(&T::SHAPE);
    const READ_BACK: ReadBack = T::READ_BACK;
}

macro_rules! lists {
    ($($ty:ty),*) => {$(
        impl<T: Shape> Shape for $ty {
            const SHAPE: TypeShape = TypeShape::List(&T::SHAPE);
            const READ_BACK: ReadBack = ReadBack::nested(&[T::READ_BACK]);
        }
    )*};
}
lists!(Vec<T>, VecDeque<T>, BTreeSet<T>, [T]);

impl<T: Shape, S> Shape for HashSet<T, S> {
    const SHAPE: TypeShape = TypeShape::List(&T::SHAPE);
    const READ_BACK: ReadBack = ReadBack::nested(&[T::READ_BACK]);
}

impl<K: Shape, V: Shape> Shape for BTreeMap<K, V> {
    const SHAPE: TypeShape = TypeShape::Map {
        key: &K::SHAPE,
        value: &V::SHAPE,
    };
    const READ_BACK: ReadBack = ReadBack::map(&K::SHAPE, K::READ_BACK, V::READ_BACK);
}

impl<K: Shape, V: Shape, S> Shape for HashMap<K, V, S> {
    const SHAPE: TypeShape = TypeShape::Map {
        key: &K::SHAPE,
        value: &V::SHAPE,
    };
    const READ_BACK: ReadBack = ReadBack::map(&K::SHAPE, K::READ_BACK, V::READ_BACK);
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    const SHAPE: TypeShape = TypeShape::Tuple(&[T::SHAPE; N]);
    const READ_BACK: ReadBack = ReadBack::nested(&[T::READ_BACK]);
}

macro_rules! tuples {
    ($(($($ty:ident),+))*) => {$(
        impl<$($ty: Shape),+> Shape for ($($ty,)+) {
            const SHAPE: TypeShape = TypeShape::Tuple(&[$($ty::SHAPE),+]);
            const READ_BACK: ReadBack = ReadBack::nested(&[$($ty::READ_BACK),+]);
        }
    )*};
}
tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }
