//! Programs with a mistake that only shows where a format is compiled in. What the compiler says is beside them.
