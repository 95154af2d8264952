//! A store's URL: which part is ours, which is the driver's, and what of it may be shown.

use mink_runtime::storage::StorageError;
use sqlx::postgres::PgConnectOptions;
use url::Url;

/// What a URL says.
pub(crate) struct Target {
    pub(crate) options: PgConnectOptions,
    /// The parameter `schema`, when it is given.
    pub(crate) schema: Option<String>,
    /// The URL without its password.
    pub(crate) shown: String,
}

pub(crate) fn parse(text: &str) -> Result<Target, StorageError> {
    let invalid = |shown: &str, reason: String| StorageError::InvalidUrl {
        url: shown.to_owned(),
        reason,
    };
    // What cannot be understood may hold a password anywhere.
    let mut url = Url::parse(text).map_err(|error| {
        invalid(
            "postgres://…",
            format!("{error}: write for example `postgres://user:password@host:5432/database`"),
        )
    })?;
    let shown = redacted(&url);
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(invalid(
            &shown,
            "its scheme is not `postgres` or `postgresql`".to_owned(),
        ));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if let Some((key, _)) = pairs.iter().find(|(key, _)| !known(key)) {
        return Err(invalid(
            &shown,
            format!(
                "parameter `{key}` is unknown: the driver would ignore it; write one that PostgreSQL's own tools know, as `sslmode`, or `schema`"
            ),
        ));
    }
    let schema = pairs
        .iter()
        .find(|(key, _)| key == "schema")
        .map(|(_, value)| value.clone());
    if schema.is_some() {
        url.set_query(None);
        let others: Vec<_> = pairs.iter().filter(|(key, _)| key != "schema").collect();
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
    }
    let options = url.as_str().parse::<PgConnectOptions>().map_err(|_| {
        invalid(
            &shown,
            "a parameter has a value that does not fit".to_owned(),
        )
    })?;
    Ok(Target {
        options,
        schema,
        shown,
    })
}

/// Those of the driver, those that PostgreSQL's own tools know and the driver ignores, and ours. A misspelled one must
/// not be ignored: `ssl_mode=require` would leave the connection open to all.
fn known(key: &str) -> bool {
    const DRIVERS: [&str; 8] = [
        "schema",
        "ssl-mode",
        "ssl-root-cert",
        "ssl-ca",
        "ssl-cert",
        "ssl-key",
        "statement-cache-capacity",
        "hostaddr",
    ];
    const TOOLS: [&str; 44] = [
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "options",
        "passfile",
        "password",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "scram_client_key",
        "scram_server_key",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    ];
    DRIVERS.contains(&key)
        || TOOLS.contains(&key)
        || (key.starts_with("options[") && key.ends_with(']'))
}

fn redacted(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return format!("{}://…", url.scheme());
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if !pairs.is_empty() {
        // A misspelled parameter, and `options`, may hold a password too.
        let shown = pairs.iter().map(|(key, value)| {
            let harmless = matches!(&**key, "schema" | "sslmode" | "application_name");
            (key, if harmless { value } else { "***" })
        });
        url.query_pairs_mut().clear().extend_pairs(shown);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_schema_is_taken_out_and_the_rest_is_the_drivers() {
        let target = parse("postgres://u@h/d?schema=shop&application_name=a%20b").unwrap();
        assert_eq!(target.schema.as_deref(), Some("shop"));
        assert_eq!(target.options.get_application_name(), Some("a b"));
        assert_eq!(target.options.get_database(), Some("d"));
    }

    #[test]
    fn a_parameter_that_nobody_knows_is_refused_and_not_ignored() {
        let error = parse("postgres://u@h/d?ssl_mode=require").err().unwrap();
        assert!(error.to_string().contains("`ssl_mode`"), "{error}");
        parse("postgres://u@h/d?sslmode=require&channel_binding=require&options[search_path]=a")
            .unwrap();
    }

    #[test]
    fn no_password_is_shown() {
        for url in [
            "postgres://u:secret@h/d",
            "postgresql://h/d?user=u&password=secret",
            "postgres://u:secret@h/d?schema=a&password=secret",
            "postgres://h/d?options=-c%20app.password%3Dsecret",
        ] {
            assert!(!parse(url).unwrap().shown.contains("secret"), "{url}");
        }
        for url in [
            "postgres://u:secret@h:port/d",
            "mysql://u:secret@h/d",
            "postgres://h/d?Password=secret",
        ] {
            let error = parse(url).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
