//! The messages with which a client logs in: PRELOGIN, which settles encryption, and LOGIN7.

use super::reader::{Malformed, Parsed, Reader, utf16};

/// What a client asks for in LOGIN7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub database: String,
    pub application: String,
    pub host: String,
    /// Whether the client says that it only reads (`ApplicationIntent=ReadOnly`).
    pub read_only: bool,
    /// Whether the login came through TLS.
    pub encrypted: bool,
    /// The packet size that the client would like.
    pub packet_bytes: usize,
    /// Whether user, password and database are right.
    pub accepted: bool,
}

/// The encryption that PRELOGIN asks for.
pub(super) fn encryption(message: &[u8]) -> Parsed<u8> {
    let mut options = Reader(message);
    loop {
        match options.byte()? {
            0xff => return Err(Malformed("PRELOGIN does not tell about encryption".to_owned())),
            token => {
                let (offset, length) = (options.u16_be()?, options.u16_be()?);
                if token == 1 && length == 1 {
                    return message.get(usize::from(offset)).copied().ok_or_else(Malformed::short);
                }
            }
        }
    }
}

/// Reads LOGIN7. The text beside the login is the password.
pub(super) fn login(message: &[u8], encrypted: bool) -> Parsed<(Login, String)> {
    let text = |index: usize| -> Parsed<Vec<u8>> {
        let mut entry = Reader(message.get(36 + index * 4..).ok_or_else(Malformed::short)?);
        let (offset, length) = (usize::from(entry.u16()?), usize::from(entry.u16()?) * 2);
        message.get(offset..offset + length).map(<[u8]>::to_vec).ok_or_else(Malformed::short)
    };
    let plain = |index| text(index).map(|bytes| utf16(&bytes));
    let hidden = text(2)?.into_iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect::<Vec<_>>();
    let login = Login {
        user: plain(1)?,
        database: plain(8)?,
        application: plain(3)?,
        host: plain(0)?,
        read_only: message.get(26).ok_or_else(Malformed::short)? & 0x20 != 0,
        encrypted,
        packet_bytes: Reader(message.get(8..).ok_or_else(Malformed::short)?).u32()? as usize,
        accepted: false,
    };
    Ok((login, utf16(&hidden)))
}
