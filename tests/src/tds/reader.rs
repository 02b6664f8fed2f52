//! Reads the parts of a message, and checks every length.

/// Why a message breaks the protocol. The text is for people who read a failed test.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

pub(super) type Parsed<T> = Result<T, Malformed>;

impl Malformed {
    /// The message ends too early.
    pub(super) fn short() -> Self {
        Self("the message ends before it is complete".to_owned())
    }
}

/// The rest of a message.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(Malformed::short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Malformed::short())
    }

    pub(super) fn byte(&mut self) -> Parsed<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// Two bytes, the low one first.
    pub(super) fn u16(&mut self) -> Parsed<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Two bytes, the high one first.
    pub(super) fn u16_be(&mut self) -> Parsed<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, the low one first.
    pub(super) fn u32(&mut self) -> Parsed<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A value after its length, which is one byte. A length of 0 means NULL.
    pub(super) fn short(&mut self) -> Parsed<Option<&'a [u8]>> {
        let length = self.byte()?;
        let bytes = self.take(length.into())?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// A value after its length, which is two bytes. The `max` types come in chunks.
    pub(super) fn long(&mut self, most: u16) -> Parsed<Option<Vec<u8>>> {
        if most != 0xffff {
            return Ok(match self.u16()? {
                0xffff => None,
                length => Some(self.take(length.into())?.to_vec()),
            });
        }
        if self.array().map(u64::from_le_bytes)? == u64::MAX {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        loop {
            match self.u32()? {
                0 => return Ok(Some(bytes)),
                length => bytes.extend(self.take(length as usize)?),
            }
        }
    }
}

/// The code units of UTF-16.
pub(super) fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The text of UTF-16. Invalid code units are replaced.
pub(super) fn utf16(bytes: &[u8]) -> String {
    String::from_utf16_lossy(&units(bytes))
}
