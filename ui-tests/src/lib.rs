//! What the compiler says when a user is wrong.
//!
//! Every file under `fail/` holds one mistake, in a folder named by the fault, and beside it the one error that the
//! user reads. `pass/` holds what must be accepted. `TRYBUILD=overwrite cargo test -p ui-tests` writes the errors
//! anew after a change of wording: read each as someone who has never seen mink.
