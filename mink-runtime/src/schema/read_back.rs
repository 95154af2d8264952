use super::TypeShape;

/// Whether all that is written of a type, as JSON or MessagePack, can be read back as that type.
///
/// **Problem.** An event that could be written and never read again would keep its stream from ever being loaded, so
/// every event is read back before it is stored. **Mechanism.** Where serde's own derives write and read, and every part
/// is certain, reading cannot fail: then it is left out, decided while the program compiles. **Cost.** None where it is
/// certain; one read of the payload where it is [`CHECKED`](Self::CHECKED). **What the caller must do.** Nothing:
/// `#[event]` and `#[derive(Shape)]` tell what they can see, and a [`Shape`](super::Shape) written by hand is checked.
///
/// What is never certain: floats (JSON has no NaN), integers of 128 bits, maps whose keys are not plain text or numbers,
/// enums that are not tagged in serde's default way, a type that contains itself, a field that `with` or
/// `#[mink(shape = ...)]` hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadBack {
    /// How deep a value nests; `None` when it is not certain.
    depth: Option<u16>,
}

impl ReadBack {
    /// It is not known: every value is read back before it is stored.
    pub const CHECKED: Self = Self { depth: None };

    /// Every value that can be written can be read back. It has no parts.
    pub const CERTAIN: Self = Self { depth: Some(0) };

    /// Deeper values are checked: serde's JSON refuses to read more than 127 levels.
    const DEEPEST: u16 = 96;

    /// A value made of these parts, one level deeper: certain when every part is.
    #[must_use]
    pub const fn nested(parts: &[Self]) -> Self {
        let mut deepest = 0;
        let mut rest = parts;
        while let [part, others @ ..] = rest {
            match part.depth {
                Some(depth) if depth > deepest => deepest = depth,
                Some(_) => {}
                None => return Self::CHECKED,
            }
            rest = others;
        }
        if deepest < Self::DEEPEST {
            Self {
                depth: Some(deepest + 1),
            }
        } else {
            Self::CHECKED
        }
    }

    /// A map: certain where the keys are plain text or numbers, and they and the values are certain.
    pub(super) const fn map(shape: &TypeShape, key: Self, value: Self) -> Self {
        match shape {
            TypeShape::Text | TypeShape::Formatted(_) | TypeShape::Integer { .. } => {
                Self::nested(&[key, value])
            }
            _ => Self::CHECKED,
        }
    }

    /// Whether reading can be left out.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        self.depth.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uncertain_part_makes_the_whole_uncertain() {
        assert!(ReadBack::nested(&[]).is_certain());
        assert!(ReadBack::nested(&[ReadBack::CERTAIN, ReadBack::CERTAIN]).is_certain());
        assert!(!ReadBack::nested(&[ReadBack::CERTAIN, ReadBack::CHECKED]).is_certain());
    }

    #[test]
    fn what_nests_deeper_than_json_is_read_is_uncertain() {
        let mut nested = ReadBack::CERTAIN;
        for _ in 0..96 {
            nested = ReadBack::nested(&[nested]);
            assert!(nested.is_certain());
        }
        assert!(!ReadBack::nested(&[nested]).is_certain());
    }
}
