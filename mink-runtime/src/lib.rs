//! The engine of mink. Knows no database driver and no cloud SDK.

pub mod aggregate;
pub mod app;
pub mod archive;
pub mod bus;
pub mod command;
pub mod config;
pub mod event;
pub mod handler;
pub mod id;
pub mod metadata;
pub mod observe;
pub mod pipeline;
pub mod registry;
pub mod repository;
pub mod schema;
pub mod storage;
pub mod testing;

#[doc(hidden)]
pub use inventory;

#[doc(hidden)]
pub use futures_util;
