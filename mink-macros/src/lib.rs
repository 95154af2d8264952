//! mink-macros
