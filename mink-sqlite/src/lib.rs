//! mink-sqlite
