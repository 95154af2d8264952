//! mink-postgres
