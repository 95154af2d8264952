//! Types of every visibility, in modules and in functions. What a method returns is at least as visible as its command.
#![allow(unreachable_pub, reason = "`pub` is among the visibilities")]

use mink::event::Event;
use mink::prelude::*;

mod inner {
    use mink::prelude::*;

    #[event]
    pub(crate) struct Opened {
        pub(crate) by: String,
    }

    #[command]
    pub(super) struct Open {
        pub(super) id: u32,
        pub(super) by: String,
    }

    pub mod deeper {
        #[mink::event]
        pub(in crate::places) struct Shut;

        #[mink::event]
        pub struct Knocked;

        #[mink::command]
        pub(in crate::places) struct Shutter {
            pub(in crate::places) id: u32,
        }

        #[mink::command]
        pub struct Knock {
            pub id: u32,
        }
    }
}

#[derive(Aggregate, Default)]
#[aggregate(name = "front_door")]
pub struct Door {
    open: bool,
}

#[handlers]
impl Door {
    const LIMIT: usize = 3;

    /// A function without `self` handles nothing.
    fn fits(name: &str) -> bool {
        name.len() <= Self::LIMIT
    }
    /// Nor does a method without arguments.
    fn is_open(&self) -> bool {
        self.open
    }
    #[mink(skip)]
    fn is_open_for(&self, name: &str) -> bool {
        self.is_open() && Self::fits(name)
    }
    #[mink(skip)]
    fn slam(&mut self, times: u32) -> u32 {
        self.open = false;
        times
    }

    fn r#move(&self, command: inner::Open) -> Option<inner::Opened> {
        (!self.is_open_for(&command.by)).then_some(inner::Opened { by: command.by })
    }
    #[must_use]
    fn shut(&self, _: inner::deeper::Shutter) -> inner::deeper::Shut {
        inner::deeper::Shut
    }
    pub fn knock(&self, _: inner::deeper::Knock) -> inner::deeper::Knocked {
        inner::deeper::Knocked
    }
    pub(crate) fn knocked(&mut self, _: &inner::deeper::Knocked) {}
    fn opened(&mut self, event: &inner::Opened) {
        self.open = Self::fits(&event.by) || !event.by.is_empty();
    }
    fn r#loop(&mut self, _: &inner::deeper::Shut) {
        self.slam(1);
    }
    #[cfg(any())]
    fn never(&mut self, _: &NoSuchEvent) {}
    #[cfg(any())]
    fn never_either(&self, _: NoSuchCommand) -> NoSuchEvent {}
}

#[test]
fn types_of_every_visibility_work_together() {
    Door::given(())
        .when(inner::Open {
            id: 1,
            by: "Ada".to_owned(),
        })
        .then(inner::Opened {
            by: "Ada".to_owned(),
        })
        .when(inner::deeper::Shutter { id: 1 })
        .then(inner::deeper::Shut)
        .when(inner::deeper::Knock { id: 1 })
        .then(inner::deeper::Knocked)
        .then_state(|door| assert!(!door.open));
    assert_eq!(<Door as mink::Aggregate>::NAME, "front_door");
}

#[test]
fn types_in_a_function_work() {
    #[event]
    struct Local {
        amount: u8,
    }

    #[command]
    struct Localize {
        id: u8,
    }

    #[derive(Aggregate, Default)]
    struct Locals(u8);

    #[handlers]
    impl Locals {
        fn localize(&self, command: Localize) -> Local {
            Local { amount: command.id }
        }
        fn localized(&mut self, event: &Local) {
            self.0 += event.amount;
        }
    }

    assert_eq!(Local::NAME, "Local");
    assert!(mink::registry().event("Local").is_some());
    Locals::given(Local { amount: 1 })
        .when(Localize { id: 2 })
        .then(Local { amount: 2 })
        .then_state(|locals| assert_eq!(locals.0, 3));
}
