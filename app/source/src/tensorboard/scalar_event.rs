/// An event with one scalar of TensorFlow 1, which is most of what PyTorch writes.
#[derive(Debug, PartialEq)]
pub(super) struct ScalarEvent<'a> {
    pub(super) wall_time: f64,
    pub(super) step: i64,
    pub(super) tag: &'a [u8],
    pub(super) value: f32,
}

impl<'a> ScalarEvent<'a> {
    /// Decodes an event that has a wall time, a step and one scalar, each once, and nothing else. `None` for
    /// any other one, valid or not.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let (mut wall_time, mut step, mut summary) = (None, None, None);
        while let Some(key) = fields.byte() {
            match key {
                0x09 => once(&mut wall_time, f64::from_le_bytes(fields.array()?))?,
                0x10 => once(&mut step, fields.varint()?.cast_signed())?,
                0x2A => once(&mut summary, fields.bytes()?)?,
                _ => return None,
            }
        }
        let mut summary = Fields(summary?);
        if summary.byte()? != 0x0A {
            return None;
        }
        let mut fields = Fields(summary.bytes()?);
        let (mut tag, mut value) = (None, None);
        while let Some(key) = fields.byte() {
            match key {
                0x0A => once(&mut tag, fields.bytes()?)?,
                0x15 => once(&mut value, f32::from_le_bytes(fields.array()?))?,
                _ => return None,
            }
        }
        summary.0.is_empty().then_some(Self {
            wall_time: wall_time.unwrap_or_default(),
            step: step.unwrap_or_default(),
            tag: tag.unwrap_or_default(),
            value: value?,
        })
    }
}

/// Sets a field that has no value yet.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

/// The undecoded rest of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// A number of up to nine bytes: longer ones are negative steps.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use prost::{Message, bytes::Bytes};

    use super::*;
    use crate::tensorboard::proto::{Event, Summary, SummaryValue};

    fn event(step: i64, values: &[(&'static str, f32)]) -> Vec<u8> {
        let value = values
            .iter()
            .map(|&(tag, value)| SummaryValue {
                tag: Bytes::from(tag),
                simple_value: Some(value),
                ..SummaryValue::default()
            })
            .collect();
        let summary = Some(Summary { value });
        Event {
            wall_time: 1.7e9,
            step,
            summary,
        }
        .encode_to_vec()
    }

    #[test]
    fn an_event_of_one_scalar_is_decoded() {
        for step in [0, 1, 127, 128, 1 << 40, i64::MAX] {
            let data = event(step, &[("train/loss", -2.5)]);
            let expected = ScalarEvent {
                wall_time: 1.7e9,
                step,
                tag: b"train/loss",
                value: -2.5,
            };
            assert_eq!(ScalarEvent::read(&data), Some(expected));
        }
    }

    #[test]
    fn every_other_event_is_left_to_the_general_decoder() {
        let one = event(3, &[("a", 1.0)]);
        let others = [
            Vec::new(),
            event(-1, &[("a", 1.0)]),
            event(3, &[]),
            event(3, &[("a", 1.0), ("b", 2.0)]),
            [&one[..], &[0x3A, 0]].concat(),
            [&one[..], &[0x10, 5]].concat(),
            [&one[..], &one[..]].concat(),
        ];
        for data in others {
            assert_eq!(ScalarEvent::read(&data), None, "{data:?}");
        }
        for len in 0..one.len() {
            assert_eq!(ScalarEvent::read(&one[..len]), None, "{len}");
        }
    }
}
