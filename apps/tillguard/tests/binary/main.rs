//! Tests of the real binary: what a newcomer, a script, a crash and an attacker do to it.

mod api;
mod bad_input;
mod card_numbers;
mod commands;
mod demo;
mod diagnose;
mod diagnose_talk;
mod everybody;
mod findings;
mod harness;
mod kill;
mod locate;
mod pages;
mod public;
mod qr;
mod rules;
mod tools;
mod tour;
