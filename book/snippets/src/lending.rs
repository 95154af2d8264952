//! A library that lends books: a domain in a crate that programs only link.

use mink::prelude::*;

/// A copy went to a reader.
#[event]
pub struct BookLent {
    /// Who has it.
    pub reader: String,
}

/// A copy came back.
#[event]
pub struct BookReturned;

/// Asks to lend a copy.
#[command]
pub struct LendBook {
    /// Which copy.
    pub copy_id: String,
    /// To whom.
    pub reader: String,
}

/// Brings a copy back.
#[command]
pub struct ReturnBook {
    /// Which copy.
    pub copy_id: String,
}

/// The copy is not there.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the copy is lent already")]
pub struct AlreadyLent;

/// One copy of a book.
#[derive(Aggregate, Default)]
pub struct Copy {
    lent: bool,
}

#[handlers]
impl Copy {
    fn lend(&self, command: LendBook) -> Result<BookLent, AlreadyLent> {
        if self.lent {
            return Err(AlreadyLent);
        }
        Ok(BookLent {
            reader: command.reader,
        })
    }

    fn bring_back(&self, _: ReturnBook) -> Option<BookReturned> {
        self.lent.then_some(BookReturned)
    }

    fn was_lent(&mut self, _: &BookLent) {
        self.lent = true;
    }

    fn was_returned(&mut self, _: &BookReturned) {
        self.lent = false;
    }
}

// ANCHOR: registry_test
mink::registry_test!();
// ANCHOR_END: registry_test
