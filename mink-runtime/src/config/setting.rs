use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Given, Written};

/// One setting of a `T`: its key, what it is for, what it takes and where it goes.
///
/// ```
/// use mink_runtime::config::Setting;
///
/// #[derive(Default)]
/// struct Kitchen { cooks: u32 }
///
/// const COOKS: Setting<Kitchen> =
///     Setting::count("cooks", "how many cook at once", 1..=9, |kitchen| &mut kitchen.cooks);
/// ```
pub struct Setting<T> {
    /// Its key, as `group.batch_commits`.
    pub key: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    place: Place<T>,
}

type At<T, V> = for<'a> fn(&'a mut T) -> &'a mut V;

enum Place<T> {
    Flag(At<T, bool>),
    Count(u64, u64, for<'a> fn(&'a mut T) -> &'a mut dyn Number),
    Bytes(u64, u64, for<'a> fn(&'a mut T) -> &'a mut dyn Number),
    Duration(Duration, Duration, At<T, Duration>),
    Choice(for<'a> fn(&'a mut T) -> &'a mut dyn Choice),
    Text(fn(&str) -> Result<(), &'static str>, At<T, Option<String>>),
    Secret(fn(&str) -> Result<(), &'static str>, At<T, Option<String>>),
}

/// Why a value does not fit a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Another type than the setting takes.
    Type,
    /// The right type, and no meaning: why.
    Meaning(String),
    /// Too small or too large: the value, as it is shown.
    Range(String),
}

/// What a setting takes, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// As "a duration, as `30s`".
    pub what: String,
    /// As "at least 1"; empty when everything is allowed.
    pub range: String,
}

/// A place for a number.
pub trait Number {
    /// The number; `None` when there is none.
    fn get(&self) -> Option<u64>;
    /// Another number, which has been checked against the setting's range.
    fn set(&mut self, number: u64);
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn get(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }
            fn set(&mut self, number: u64) {
                *self = Self::try_from(number).unwrap_or(Self::MAX);
            }
        }
    )*};
}
number!(u32, u64, usize);

impl<N: Number + Default> Number for Option<N> {
    fn get(&self) -> Option<u64> {
        self.as_ref().and_then(N::get)
    }
    fn set(&mut self, number: u64) {
        self.get_or_insert_default().set(number);
    }
}

/// A place for one of a few words.
pub trait Choice {
    /// The words.
    fn words(&self) -> &'static [&'static str];
    /// The one that is chosen.
    fn chosen(&self) -> &'static str;
    /// Chooses another, one of [`words`](Self::words).
    fn choose(&mut self, word: &str);
}

impl<T> Setting<T> {
    /// `true` or `false`.
    pub const fn flag(key: &'static str, about: &'static str, at: At<T, bool>) -> Self {
        Self::new(key, about, Place::Flag(at))
    }

    /// A whole number.
    pub const fn count(
        key: &'static str,
        about: &'static str,
        range: RangeInclusive<u64>,
        at: for<'a> fn(&'a mut T) -> &'a mut dyn Number,
    ) -> Self {
        Self::new(key, about, Place::Count(*range.start(), *range.end(), at))
    }

    /// A size in bytes: a whole number, or text as `4 MiB`.
    pub const fn bytes(
        key: &'static str,
        about: &'static str,
        range: RangeInclusive<u64>,
        at: for<'a> fn(&'a mut T) -> &'a mut dyn Number,
    ) -> Self {
        Self::new(key, about, Place::Bytes(*range.start(), *range.end(), at))
    }

    /// A duration, as `30s`.
    pub const fn duration(
        key: &'static str,
        about: &'static str,
        range: RangeInclusive<Duration>,
        at: At<T, Duration>,
    ) -> Self {
        Self::new(
            key,
            about,
            Place::Duration(*range.start(), *range.end(), at),
        )
    }

    /// One of a few words.
    pub const fn choice(
        key: &'static str,
        about: &'static str,
        at: for<'a> fn(&'a mut T) -> &'a mut dyn Choice,
    ) -> Self {
        Self::new(key, about, Place::Choice(at))
    }

    /// Text that `check` lets pass, or says why not.
    pub const fn text(
        key: &'static str,
        about: &'static str,
        check: fn(&str) -> Result<(), &'static str>,
        at: At<T, Option<String>>,
    ) -> Self {
        Self::new(key, about, Place::Text(check, at))
    }

    /// Text that is never shown. `check` must not quote it.
    pub const fn secret(
        key: &'static str,
        about: &'static str,
        check: fn(&str) -> Result<(), &'static str>,
        at: At<T, Option<String>>,
    ) -> Self {
        Self::new(key, about, Place::Secret(check, at))
    }

    const fn new(key: &'static str, about: &'static str, place: Place<T>) -> Self {
        Self { key, about, place }
    }

    /// What it takes, in words.
    pub fn takes(&self, of: &mut T) -> Taken {
        let (what, range) = match &self.place {
            Place::Flag(_) => ("true or false".to_owned(), String::new()),
            Place::Count(least, most, _) => (
                "a whole number".to_owned(),
                range(*least > 0, *most < u64::MAX, least, most),
            ),
            Place::Bytes(least, most, _) => (
                "a size, as `4 MiB`".to_owned(),
                range(*least > 0, *most < u64::MAX, &size(*least), &size(*most)),
            ),
            Place::Duration(least, most, _) => (
                "a duration, as `30s`".to_owned(),
                range(
                    !least.is_zero(),
                    *most < Duration::MAX,
                    &time(*least),
                    &time(*most),
                ),
            ),
            Place::Choice(at) => {
                let words: Vec<_> = at(of).words().iter().map(|w| format!("`{w}`")).collect();
                (words.join(" or "), String::new())
            }
            Place::Text(..) | Place::Secret(..) => ("a string".to_owned(), String::new()),
        };
        Taken { what, range }
    }

    /// The value it has in `of`; `None` when it has none. A secret is not shown.
    pub fn value(&self, of: &mut T) -> Option<String> {
        match &self.place {
            Place::Flag(at) => Some(at(of).to_string()),
            Place::Count(_, _, at) => at(of).get().map(|number| number.to_string()),
            Place::Bytes(_, _, at) => at(of).get().map(size),
            Place::Duration(_, _, at) => Some(time(*at(of))),
            Place::Choice(at) => Some(at(of).chosen().to_owned()),
            Place::Text(_, at) => at(of).as_deref().map(harmless),
            Place::Secret(_, at) => at(of).as_ref().map(|_| "***".to_owned()),
        }
    }

    /// Puts what was written in its place, unless it does not fit.
    ///
    /// # Errors
    /// Why it does not.
    pub fn apply(&self, to: &mut T, given: &Given) -> Result<(), Unfit> {
        match &self.place {
            Place::Flag(at) => *at(to) = flag(&given.written)?,
            Place::Count(least, most, at) => {
                let number = count(&given.written)?;
                at(to).set(within(number, *least, *most, |number| number.to_string())?);
            }
            Place::Bytes(least, most, at) => {
                let number = bytes(&given.written)?;
                let shown =
                    |number| u64::try_from(number).map_or_else(|_| format!("{number}"), size);
                at(to).set(within(number, *least, *most, shown)?);
            }
            Place::Duration(least, most, at) => {
                let duration = duration(&given.written)?;
                if !(*least..=*most).contains(&duration) {
                    return Err(Unfit::Range(time(duration)));
                }
                *at(to) = duration;
            }
            Place::Choice(at) => {
                let word = text(&given.written)?;
                let choice = at(to);
                if !choice.words().contains(&word) {
                    return Err(Unfit::Meaning(format!("`{}` is neither", harmless(word))));
                }
                choice.choose(word);
            }
            Place::Text(check, at) | Place::Secret(check, at) => {
                let text = text(&given.written)?;
                check(text).map_err(|reason| Unfit::Meaning(reason.to_owned()))?;
                *at(to) = Some(text.to_owned());
            }
        }
        Ok(())
    }

    /// Checks the value that it has, whoever put it there.
    ///
    /// # Errors
    /// [`Unfit::Range`], or [`Unfit::Meaning`] for text.
    pub fn check(&self, of: &mut T) -> Result<(), Unfit> {
        let number = |least: u64, most: u64, number: Option<u64>| match number {
            Some(number) if !(least..=most).contains(&number) => {
                Err(Unfit::Range(number.to_string()))
            }
            _ => Ok(()),
        };
        match &self.place {
            Place::Flag(_) | Place::Choice(_) => Ok(()),
            Place::Count(least, most, at) | Place::Bytes(least, most, at) => {
                number(*least, *most, at(of).get())
            }
            Place::Duration(least, most, at) => {
                let duration = *at(of);
                if (*least..=*most).contains(&duration) {
                    Ok(())
                } else {
                    Err(Unfit::Range(time(duration)))
                }
            }
            Place::Text(check, at) | Place::Secret(check, at) => match at(of) {
                Some(text) => check(text).map_err(|reason| Unfit::Meaning(reason.to_owned())),
                None => Ok(()),
            },
        }
    }
}

fn range(
    least: bool,
    most: bool,
    from: &dyn std::fmt::Display,
    to: &dyn std::fmt::Display,
) -> String {
    match (least, most) {
        (true, true) => format!("from {from} to {to}"),
        (true, false) => format!("at least {from}"),
        (false, true) => format!("at most {to}"),
        (false, false) => String::new(),
    }
}

fn within(
    number: i128,
    least: u64,
    most: u64,
    shown: impl Fn(i128) -> String,
) -> Result<u64, Unfit> {
    u64::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Unfit::Range(shown(number)))
}

fn flag(written: &Written) -> Result<bool, Unfit> {
    match written {
        Written::Flag(flag) => Ok(*flag),
        Written::Untyped(text) => match text.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(Unfit::Meaning(format!("`{}` is neither", harmless(other)))),
        },
        _ => Err(Unfit::Type),
    }
}

fn count(written: &Written) -> Result<i128, Unfit> {
    match written {
        Written::Integer(number) => Ok(*number),
        Written::Untyped(text) => text
            .trim()
            .parse()
            .map_err(|_| Unfit::Meaning(format!("`{}` is none", harmless(text)))),
        _ => Err(Unfit::Type),
    }
}

fn bytes(written: &Written) -> Result<i128, Unfit> {
    match written {
        Written::Integer(number) => Ok(*number),
        Written::Text(text) | Written::Untyped(text) => {
            if let Ok(number) = text.trim().parse() {
                return Ok(number);
            }
            text.trim()
                .parse::<bytesize::ByteSize>()
                .map(|size| i128::from(size.as_u64()))
                .map_err(|_| Unfit::Meaning(format!("`{}` is none", harmless(text))))
        }
        _ => Err(Unfit::Type),
    }
}

fn duration(written: &Written) -> Result<Duration, Unfit> {
    let unitless = |number: &dyn std::fmt::Display| {
        Unfit::Meaning(format!(
            "{number} has no unit, write for example `\"{number}s\"`"
        ))
    };
    match written {
        Written::Integer(number) => Err(unitless(number)),
        Written::Text(text) | Written::Untyped(text) => {
            let text = text.trim();
            if text.starts_with('-') {
                return Err(Unfit::Meaning(format!("`{}` is negative", harmless(text))));
            }
            if let Ok(number) = text.parse::<u128>()
                && number > 0
            {
                return Err(unitless(&number));
            }
            humantime::parse_duration(text)
                .map_err(|_| Unfit::Meaning(format!("`{}` is none", harmless(text))))
        }
        _ => Err(Unfit::Type),
    }
}

fn text(written: &Written) -> Result<&str, Unfit> {
    match written {
        Written::Text(text) => Ok(text),
        Written::Untyped(text) => Ok(text.trim()),
        _ => Err(Unfit::Type),
    }
}

fn size(bytes: u64) -> String {
    bytesize::ByteSize::b(bytes).display().iec().to_string()
}

fn time(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A text as it may be shown: short, on one line, and not if it looks as if it held a password.
pub(crate) fn harmless(text: &str) -> String {
    if text.contains("://") || text.contains('@') {
        return "***".to_owned();
    }
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    #[derive(Default)]
    struct Kitchen {
        cooks: u32,
        pot: Option<u64>,
        boil: Duration,
        open: bool,
        recipe: Option<String>,
    }

    const COOKS: Setting<Kitchen> = Setting::count("cooks", "", 1..=9, |to| &mut to.cooks);
    const POT: Setting<Kitchen> = Setting::bytes("pot", "", 1..=u64::MAX, |to| &mut to.pot);
    const BOIL: Setting<Kitchen> = Setting::duration(
        "boil",
        "",
        Duration::from_millis(1)..=Duration::from_secs(60),
        |to| &mut to.boil,
    );
    const OPEN: Setting<Kitchen> = Setting::flag("open", "", |to| &mut to.open);
    const RECIPE: Setting<Kitchen> = Setting::secret(
        "recipe",
        "",
        |text| {
            if text.is_empty() {
                Err("it is empty")
            } else {
                Ok(())
            }
        },
        |to| &mut to.recipe,
    );

    fn outcome(setting: &Setting<Kitchen>, written: Written) -> Result<String, Unfit> {
        let mut kitchen = Kitchen::default();
        let origin = Origin::Builder;
        setting.apply(&mut kitchen, &Given { written, origin })?;
        setting.check(&mut kitchen)?;
        Ok(setting.value(&mut kitchen).unwrap_or_default())
    }

    fn untyped(text: &str) -> Written {
        Written::Untyped(text.to_owned())
    }

    #[test]
    fn what_fits_is_put_in_its_place() {
        let shown = |text: &str| Ok(text.to_owned());
        assert_eq!(outcome(&COOKS, Written::Integer(3)), shown("3"));
        assert_eq!(outcome(&COOKS, untyped(" 3 ")), shown("3"));
        assert_eq!(outcome(&POT, untyped("4 MiB")), shown("4.0 MiB"));
        assert_eq!(outcome(&POT, Written::Integer(2048)), shown("2.0 KiB"));
        assert_eq!(outcome(&BOIL, untyped("2s 5ms")), shown("2s 5ms"));
        assert_eq!(outcome(&OPEN, untyped("true")), shown("true"));
        assert_eq!(outcome(&RECIPE, untyped("salt")), shown("***"));
    }

    #[test]
    fn what_does_not_fit_is_said_apart() {
        let text = |text: &str| Written::Text(text.to_owned());
        let range = |text: &str| Err(Unfit::Range(text.to_owned()));
        assert_eq!(outcome(&COOKS, Written::Integer(0)), range("0"));
        assert_eq!(outcome(&COOKS, Written::Integer(-1)), range("-1"));
        assert_eq!(
            outcome(&COOKS, Written::Integer(1 << 70)),
            range(&(1_i128 << 70).to_string())
        );
        assert_eq!(outcome(&BOIL, untyped("2m")), range("2m"));
        assert_eq!(outcome(&BOIL, untyped("0s")), range("0s"));
        assert_eq!(outcome(&COOKS, text("3")), Err(Unfit::Type));
        assert_eq!(outcome(&OPEN, Written::Integer(1)), Err(Unfit::Type));
        assert_eq!(
            outcome(&RECIPE, Written::Other("a table")),
            Err(Unfit::Type)
        );
        for (setting, written, word) in [
            (&BOIL, Written::Integer(30), "no unit"),
            (&BOIL, untyped("30"), "no unit"),
            (&BOIL, untyped("-5s"), "negative"),
            (&BOIL, untyped("soon"), "`soon`"),
            (&POT, untyped("much"), "`much`"),
            (&OPEN, untyped("yes"), "`yes`"),
            (&COOKS, untyped("postgres://u:secret@h"), "***"),
        ] {
            let Err(Unfit::Meaning(reason)) = outcome(setting, written) else {
                panic!("{}: {word}", setting.key);
            };
            assert!(reason.contains(word), "{reason}");
        }
    }
}
