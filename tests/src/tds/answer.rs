//! The tokens of answers: what the server sends after a login, after a statement, and after an error.

use super::encode::{COLLATION, b_varchar, column, us_varchar, value};
use super::erp::Table;
use super::error::ServerError;

const DONE_FINAL: u16 = 0x00;
const DONE_ERROR: u16 = 0x02;
const DONE_COUNT: u16 = 0x10;
const DONE_ATTENTION: u16 = 0x20;

/// The answer to an accepted login. With a route, it sends the client on to another server.
pub(super) fn logged_in(database: &str, packet_bytes: usize, route: Option<(String, u16)>) -> Vec<u8> {
    let mut out = Vec::new();
    environment(&mut out, 1, database, "master");
    message(&mut out, 0xab, 5701, 0, &format!("Changed database context to '{database}'."));
    token(&mut out, 0xe3, |out| {
        out.extend([7, 5]);
        out.extend(COLLATION);
        out.push(0);
    });
    token(&mut out, 0xad, |out| {
        out.push(1);
        // TDS 7.4. All other numbers have their low byte first, this one its high byte.
        out.extend(0x7400_0004_u32.to_be_bytes());
        b_varchar(out, "Test endpoint, no SQL Server");
        out.extend([0; 4]);
    });
    environment(&mut out, 4, &packet_bytes.to_string(), "4096");
    if let Some((host, port)) = route {
        token(&mut out, 0xe3, |out| {
            out.push(20);
            out.extend((5 + host.encode_utf16().count() as u16 * 2).to_le_bytes());
            out.push(0);
            out.extend(port.to_le_bytes());
            us_varchar(out, &host);
            out.extend([0; 2]);
        });
    }
    done(&mut out, DONE_FINAL, 0);
    out
}

/// The answer to a statement. If a test wants it, an error follows after some of the rows.
pub(super) fn rows(table: &Table, error: Option<(usize, ServerError)>) -> Vec<u8> {
    let mut out = vec![0x81];
    out.extend((table.columns.len() as u16).to_le_bytes());
    for each in &table.columns {
        column(&mut out, each);
    }
    let count = error.as_ref().map_or(table.rows.len(), |(count, _)| table.rows.len().min(*count));
    for row in &table.rows[..count] {
        out.push(0xd1);
        for (each, cell) in table.columns.iter().zip(row) {
            value(&mut out, each.ty, cell);
        }
    }
    match error {
        None => done(&mut out, DONE_COUNT, count as u64),
        Some((_, error)) => {
            message(&mut out, 0xaa, error.number, error.class, &error.message);
            done(&mut out, DONE_ERROR, 0);
        }
    }
    out
}

/// The answer to a login or a statement that failed.
pub(super) fn error(error: &ServerError) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, 0xaa, error.number, error.class, &error.message);
    done(&mut out, DONE_ERROR, 0);
    out
}

/// The answer to an attention signal.
pub(super) fn attention() -> Vec<u8> {
    let mut out = Vec::new();
    done(&mut out, DONE_ATTENTION, 0);
    out
}

fn token(out: &mut Vec<u8>, token: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    body(&mut bytes);
    out.push(token);
    out.extend((bytes.len() as u16).to_le_bytes());
    out.extend(bytes);
}

fn environment(out: &mut Vec<u8>, kind: u8, new: &str, old: &str) {
    token(out, 0xe3, |out| {
        out.push(kind);
        b_varchar(out, new);
        b_varchar(out, old);
    });
}

/// An ERROR or INFO token.
fn message(out: &mut Vec<u8>, kind: u8, number: u32, class: u8, text: &str) {
    token(out, kind, |out| {
        out.extend(number.to_le_bytes());
        out.extend([1, class]);
        us_varchar(out, text);
        b_varchar(out, "test-endpoint");
        b_varchar(out, "");
        out.extend(1_u32.to_le_bytes());
    });
}

fn done(out: &mut Vec<u8>, status: u16, rows: u64) {
    out.push(0xfd);
    out.extend(status.to_le_bytes());
    out.extend(0xc1_u16.to_le_bytes());
    out.extend(rows.to_le_bytes());
}
