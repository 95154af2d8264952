use std::ffi::{OsStr, OsString};

use super::sources::Keys;
use super::suggest::closest;
use super::{ConfigFault, Given, Origin, Written};

/// Variables that are no setting and ours all the same.
const RESERVED: [&str; 1] = ["MINK_CONFIG"];

/// The variable of a key: `MINK_GROUP__BATCH_COMMITS` for `group.batch_commits`.
pub(super) fn variable(key: &str) -> String {
    format!("MINK_{}", key.replace('.', "__").to_uppercase())
}

/// What these variables say. One that is called `MINK_...`, is no setting and resembles none is somebody else's: a
/// cluster hands such variables to every program beside a service called mink.
pub(super) fn collect(
    variables: &[(OsString, OsString)],
    keys: &Keys,
    given: &mut Vec<(String, Given)>,
    faults: &mut Vec<ConfigFault>,
) {
    let mut ours: Vec<_> = variables
        .iter()
        .filter_map(|(name, value)| Some((name.to_str()?, value)))
        .filter(|(name, _)| name.starts_with("MINK_") && !RESERVED.contains(name))
        .collect();
    ours.sort_unstable();
    for (name, value) in ours {
        let key = name["MINK_".len()..].to_lowercase().replace("__", ".");
        if keys.holds(&key) {
            match text(name, value) {
                Ok(written) => given.push((key, written)),
                Err(fault) => faults.push(fault),
            }
            continue;
        }
        let meant = closest(&key, keys.all());
        let in_a_section = key
            .split_once('.')
            .is_some_and(|(section, _)| keys.is_section(section));
        if meant.is_some() || in_a_section {
            faults.push(ConfigFault::UnknownSetting {
                at: Origin::Variable(name.to_owned()),
                key,
                meant: meant.map(variable),
            });
        } else {
            tracing::debug!(variable = name, "this variable is no setting: left alone");
        }
    }
}

fn text(name: &str, value: &OsStr) -> Result<Given, ConfigFault> {
    let Some(value) = value.to_str() else {
        return Err(ConfigFault::NotUnicode {
            name: name.to_owned(),
        });
    };
    Ok(Given {
        written: Written::Untyped(value.to_owned()),
        origin: Origin::Variable(name.to_owned()),
    })
}
