use mink::prelude::*;

#[event]
enum OrderEvent {}

fn main() {}
