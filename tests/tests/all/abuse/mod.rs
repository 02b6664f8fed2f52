//! Clients that mean no good, or know no better: they open connections and leave them as they are, ask for
//! everything at once, and do not read what they are sent. Everybody else is answered, and jobs go on.

mod asked_at_once;
mod connections;
mod measured;
mod program;
mod raw;
mod refused;
