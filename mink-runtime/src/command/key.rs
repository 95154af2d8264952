use std::borrow::Cow;
use std::fmt::Display;

/// What can be an idempotency key: anything that displays as text, such as `String`, an integer, `Uuid`, or a newtype of
/// your own that implements [`Display`]. A field that may be missing is an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an idempotency key",
    label = "this type does not implement `Display`",
    note = "a key is a text: implement `std::fmt::Display` for `{Self}`, or use `String`, an integer, `Uuid`, or an `Option` of one"
)]
pub trait KeyText {
    /// The key as text.
    fn key_text(&self) -> Cow<'_, str>;
}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> KeyText for T {
    fn key_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}
