//! mink
