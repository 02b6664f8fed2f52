//! Reads what a message holds, with a check on every length.

/// A message that does not say what the protocol says it must; the text is for the one who reads a failed
/// test.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

/// What was read, or why it could not be.
pub(super) type Parsed<T> = Result<T, Malformed>;

impl Malformed {
    /// A message that ends too early.
    pub(super) fn short() -> Self {
        Self("the message ends before it is complete".to_owned())
    }
}

/// What is left of a message.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// So many bytes.
    pub(super) fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(Malformed::short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// So many bytes, as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Parsed<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Malformed::short())
    }

    /// A byte.
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

    /// A value after its length in one byte; a length of 0 is NULL.
    pub(super) fn short(&mut self) -> Parsed<Option<&'a [u8]>> {
        let length = self.byte()?;
        let bytes = self.take(length.into())?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// A value after its length in two bytes or, for the `max` types, in chunks.
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

/// UTF-16 code units.
pub(super) fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// UTF-16 as text.
pub(super) fn utf16(bytes: &[u8]) -> String {
    String::from_utf16_lossy(&units(bytes))
}
