//! One shop, as it was declared in one release after another.

use mink::prelude::*;
use mink::registry::Registry;
use mink::serde_json::{Value, json};

/// Two events, as they were first released.
pub mod first {
    use super::*;

    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub address: Option<Address>,
    }

    #[event]
    pub struct OrderPaid {
        pub by: Means,
    }

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    pub struct Address {
        pub zip: String,
    }

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    pub enum Means {
        Cash,
        Card { number: String },
    }

    pub fn registry() -> Registry {
        Registry::by_hand()
            .event::<OrderPlaced>()
            .event::<OrderPaid>()
            .build()
    }
}

/// Declares `OrderPlaced` beside `OrderPaid`, which stays.
macro_rules! release {
    ($(#[$doc:meta])* $module:ident, { $($item:tt)* }) => {
        $(#[$doc])*
        pub mod $module {
            #[allow(unused_imports, reason = "not every release needs all")]
            use super::*;
            #[allow(unused_imports, reason = "not every release needs it")]
            use super::first::Address;

            $($item)*

            pub fn registry() -> Registry {
                Registry::by_hand()
                    .event::<OrderPlaced>()
                    .event::<first::OrderPaid>()
                    .build()
            }
        }
    };
}

release!(renamed, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
    }
});

release!(retyped, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: String,
        pub address: Option<Address>,
    }
});

release!(without_amount, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub address: Option<Address>,
    }
});

release!(nested, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub address: Option<Place>,
    }

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    pub struct Place {
        pub zip: u32,
        pub city: String,
    }
});

release!(with_note, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub address: Option<Address>,
        pub note: Option<String>,
    }
});

release!(
    /// An option in a newtype looks like an option, and serde does not take it for one when it is missing.
    with_hidden_option,
    {
        #[event]
        pub struct OrderPlaced {
            pub customer: String,
            pub amount: u64,
            pub address: Option<Address>,
            pub note: Note,
        }

        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
        pub struct Note(Option<String>);
    }
);

release!(with_alias, {
    #[event]
    pub struct OrderPlaced {
        pub customer: String,
        #[serde(alias = "amount")]
        pub cents: u64,
        pub address: Option<Address>,
    }
});

release!(second, {
    #[event(version = 2, upcast(1 => amount_is_in_cents))]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
    }

    fn amount_is_in_cents(mut old: Value) -> Value {
        old["cents"] = old["amount"].take();
        old
    }
});

release!(second_with_a_wrong_upcaster, {
    #[event(version = 2, upcast(1 => forgets_the_amount))]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
    }

    fn forgets_the_amount(old: Value) -> Value {
        old
    }
});

release!(second_without_upcaster, {
    #[event(version = 2)]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
    }
});

release!(third, {
    #[event(version = 3, upcast(1 => rename, 2 => add_channel))]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
        pub channel: String,
    }

    fn rename(mut old: Value) -> Value {
        old["cents"] = old["amount"].take();
        old
    }

    fn add_channel(mut old: Value) -> Value {
        old["channel"] = json!("shop");
        old
    }
});

release!(third_from_second_only, {
    #[event(version = 3, upcast(2 => add_channel))]
    pub struct OrderPlaced {
        pub customer: String,
        pub cents: u64,
        pub address: Option<Address>,
        pub channel: String,
    }

    fn add_channel(mut old: Value) -> Value {
        old["channel"] = json!("shop");
        old
    }
});

release!(encrypted, {
    #[event(encrypt = "customer")]
    pub struct OrderPlaced {
        pub customer: String,
        pub amount: u64,
        pub address: Option<Address>,
    }
});

/// The struct has another name, and the stored name followed it.
pub mod moved {
    use super::*;

    #[event]
    pub struct PurchaseMade {
        pub customer: String,
        pub amount: u64,
        pub address: Option<first::Address>,
    }

    pub fn registry() -> Registry {
        Registry::by_hand()
            .event::<PurchaseMade>()
            .event::<first::OrderPaid>()
            .build()
    }
}

/// One event and one variant less.
pub mod less {
    use super::*;

    #[event]
    pub struct OrderPaid {
        pub by: Means,
    }

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize, Shape)]
    pub enum Means {
        Cash,
        Voucher,
    }

    pub fn registry() -> Registry {
        Registry::by_hand()
            .event::<first::OrderPlaced>()
            .event::<OrderPaid>()
            .build()
    }
}
