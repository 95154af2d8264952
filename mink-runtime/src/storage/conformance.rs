//! The public conformance suite that every storage adapter passes.
