//! Reading the values of a pickle without running any code: names of functions are compared with those that rebuild
//! tensors, and everything else becomes an opaque value.

use std::collections::HashMap;

use super::{
    bytes::{PickleBytes, PickleError, long, text},
    node::{Node, NodeId},
    opcodes as op, rebuild,
};

use crate::limits;

/// Values of a pickle at most, on its stack, in its memo and in its collections.
const MAX_VALUES: usize = limits::PICKLE_VALUES.items;

/// Places of values that occur many times.
const NOTHING: NodeId = 0;
const OTHER: NodeId = 1;
const TRUE: NodeId = 2;
const FALSE: NodeId = 3;

/// The values of a pickle.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    pub(super) root: NodeId,
    /// Byte after its end.
    pub(super) end: usize,
}

impl<'a> Pickle<'a> {
    /// Reads the pickle that begins at byte `start`.
    pub(super) fn read(bytes: &'a [u8], start: usize) -> Result<Self, PickleError> {
        let mut machine = Machine {
            bytes: PickleBytes::new(bytes, start),
            at: start,
            nodes: vec![
                Node::Nothing,
                Node::Other,
                Node::Bool(true),
                Node::Bool(false),
            ],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            collected: 0,
        };
        while machine.step()? {}
        let root = machine.pop()?;
        Ok(Self {
            nodes: machine.nodes,
            root,
            end: machine.bytes.at,
        })
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        self.nodes.get(id as usize).unwrap_or(&Node::Nothing)
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }
}

struct Machine<'a> {
    bytes: PickleBytes<'a>,
    /// Byte of the current instruction.
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<NodeId>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u32, NodeId>,
    /// Places in all collections.
    collected: usize,
}

impl<'a> Machine<'a> {
    /// Follows one instruction; false at the end.
    fn step(&mut self) -> Result<bool, PickleError> {
        self.at = self.bytes.at;
        let code = self.bytes.u8()?;
        if code == op::STOP {
            return Ok(false);
        }
        let known = self.structure(code)? || self.scalar(code)? || self.object(code)?;
        if known {
            Ok(true)
        } else {
            Err(PickleError::Opcode { code, at: self.at })
        }
    }

    /// Instructions on the stack, the memo and collections.
    fn structure(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            op::PROTO => {
                self.bytes.take(1)?;
            }
            op::FRAME => {
                self.bytes.take(8)?;
            }
            op::MARK => {
                self.check(self.marks.len())?;
                self.marks.push(self.stack.len());
            }
            op::POP => {
                self.pop()?;
            }
            op::POP_MARK => {
                self.pop_to_mark()?;
            }
            op::DUP => {
                let top = self.top()?;
                self.push(top)?;
            }
            op::EMPTY_LIST | op::EMPTY_SET => self.push_new(Node::List(Vec::new()))?,
            op::EMPTY_TUPLE => self.push_new(Node::Tuple(Vec::new()))?,
            op::EMPTY_DICT => self.push_new(Node::Dict(Vec::new()))?,
            op::LIST | op::FROZENSET => {
                let items = self.pop_to_mark()?;
                self.push_new(Node::List(items))?;
            }
            op::TUPLE => {
                let items = self.pop_to_mark()?;
                self.push_new(Node::Tuple(items))?;
            }
            op::TUPLE1 => self.tuple(1)?,
            op::TUPLE2 => self.tuple(2)?,
            op::TUPLE3 => self.tuple(3)?,
            op::DICT => {
                let items = self.pop_to_mark()?;
                self.push_new(Node::Dict(pairs(&items)))?;
            }
            op::APPEND => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            op::APPENDS | op::ADDITEMS => {
                let items = self.pop_to_mark()?;
                self.append(&items)?;
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            op::SETITEMS => {
                let items = self.pop_to_mark()?;
                self.set_items(&items)?;
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let place = self.memo_place(code, [op::GET, op::BINGET])?;
                let id = self.memo.get(&place).copied();
                self.push(id.ok_or(PickleError::Missing { at: self.at })?)?;
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let place = self.memo_place(code, [op::PUT, op::BINPUT])?;
                self.memoize(place)?;
            }
            op::MEMOIZE => self.memoize(self.memo.len() as u32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Numbers, text and bytes.
    fn scalar(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            op::NONE => self.push(NOTHING)?,
            op::NEWTRUE => self.push(TRUE)?,
            op::NEWFALSE => self.push(FALSE)?,
            op::INT => {
                let line = self.bytes.line()?;
                match line {
                    b"00" => self.push(FALSE)?,
                    b"01" => self.push(TRUE)?,
                    _ => self.push_number(text(line).trim().parse().ok())?,
                }
            }
            op::BININT => {
                let number = self.bytes.i32()?;
                self.push_number(Some(i64::from(number)))?;
            }
            op::BININT1 => {
                let number = self.bytes.u8()?;
                self.push_number(Some(i64::from(number)))?;
            }
            op::BININT2 => {
                let number = self.bytes.u16()?;
                self.push_number(Some(i64::from(number)))?;
            }
            op::LONG => {
                let line = text(self.bytes.line()?);
                let digits = line.trim();
                self.push_number(digits.strip_suffix('L').unwrap_or(digits).parse().ok())?;
            }
            op::LONG1 => {
                let number = long(self.bytes.counted_by_u8()?);
                self.push_number(number)?;
            }
            op::LONG4 => {
                let number = long(self.bytes.counted_by_u32()?);
                self.push_number(number)?;
            }
            op::FLOAT => self.push_other_after(PickleBytes::line)?,
            op::BINFLOAT => self.push_other_after(|bytes| bytes.take(8))?,
            op::BINBYTES => self.push_other_after(PickleBytes::counted_by_u32)?,
            op::SHORT_BINBYTES => self.push_other_after(PickleBytes::counted_by_u8)?,
            op::BINBYTES8 | op::BYTEARRAY8 => self.push_other_after(PickleBytes::counted_by_u64)?,
            op::STRING => {
                let line = self.bytes.line()?;
                let quoted = line.get(1..line.len().saturating_sub(1));
                self.push_text(quoted.unwrap_or_default())?;
            }
            op::UNICODE => {
                let line = self.bytes.line()?;
                self.push_text(line)?;
            }
            op::BINSTRING | op::BINUNICODE => {
                let content = self.bytes.counted_by_u32()?;
                self.push_text(content)?;
            }
            op::SHORT_BINSTRING | op::SHORT_BINUNICODE => {
                let content = self.bytes.counted_by_u8()?;
                self.push_text(content)?;
            }
            op::BINUNICODE8 => {
                let content = self.bytes.counted_by_u64()?;
                self.push_text(content)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Names of classes and functions, and what is made with them.
    fn object(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            op::GLOBAL => {
                let module = text(self.bytes.line()?);
                let name = text(self.bytes.line()?);
                self.push_new(Node::Global { module, name })?;
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let global = match (&self.nodes[module as usize], &self.nodes[name as usize]) {
                    (Node::Text(module), Node::Text(name)) => Node::Global {
                        module: module.clone(),
                        name: name.clone(),
                    },
                    _ => Node::Other,
                };
                self.push_new(global)?;
            }
            op::REDUCE | op::NEWOBJ => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            op::NEWOBJ_EX => {
                let (_, arguments, callable) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            op::INST => {
                self.bytes.line()?;
                self.bytes.line()?;
                self.pop_to_mark()?;
                self.push_new(Node::Object(None))?;
            }
            op::OBJ => {
                self.pop_to_mark()?;
                self.push_new(Node::Object(None))?;
            }
            op::BUILD => {
                let state = self.pop()?;
                let target = self.top()?;
                // The attributes, and those in slots.
                let attributes = match &self.nodes[state as usize] {
                    Node::Tuple(parts) => parts.first().copied(),
                    _ => Some(state),
                };
                if let Node::Object(known) = &mut self.nodes[target as usize] {
                    *known = attributes;
                }
            }
            op::BINPERSID => {
                let id = self.pop()?;
                let storage = rebuild::storage(&self.nodes, id);
                self.push_new(storage.map_or(Node::Other, Node::Storage))?;
            }
            op::PERSID => self.push_other_after(PickleBytes::line)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What a function returns, if it rebuilds a tensor or a collection; no function is called.
    fn call(&mut self, callable: NodeId, arguments: NodeId) -> Result<(), PickleError> {
        match rebuild::call(&self.nodes, callable, arguments) {
            rebuild::Called::Same(id) => self.push(id),
            rebuild::Called::New(node) => self.push_new(node),
        }
    }

    fn check(&self, count: usize) -> Result<(), PickleError> {
        if count < MAX_VALUES {
            Ok(())
        } else {
            Err(PickleError::TooMany { limit: MAX_VALUES })
        }
    }

    fn push(&mut self, id: NodeId) -> Result<(), PickleError> {
        self.check(self.stack.len())?;
        self.stack.push(id);
        Ok(())
    }

    fn push_new(&mut self, node: Node<'a>) -> Result<(), PickleError> {
        self.check(self.nodes.len())?;
        self.nodes.push(node);
        self.push(self.nodes.len() as NodeId - 1)
    }

    fn push_text(&mut self, content: &'a [u8]) -> Result<(), PickleError> {
        self.push_new(Node::Text(text(content)))
    }

    /// A number that needs more than 64 bits describes no tensor.
    fn push_number(&mut self, number: Option<i64>) -> Result<(), PickleError> {
        match number {
            Some(number) => self.push_new(Node::Int(number)),
            None => self.push(OTHER),
        }
    }

    fn push_other_after<T>(
        &mut self,
        operand: impl FnOnce(&mut PickleBytes<'a>) -> Result<T, PickleError>,
    ) -> Result<(), PickleError> {
        operand(&mut self.bytes)?;
        self.push(OTHER)
    }

    fn missing(&self) -> PickleError {
        PickleError::Missing { at: self.at }
    }

    fn top(&self) -> Result<NodeId, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let above = self.stack.get(floor..).unwrap_or_default();
        above.last().copied().ok_or_else(|| self.missing())
    }

    fn pop(&mut self) -> Result<NodeId, PickleError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.missing())?;
        if mark > self.stack.len() {
            return Err(self.missing());
        }
        Ok(self.stack.split_off(mark))
    }

    fn collect(&mut self, count: usize) -> Result<(), PickleError> {
        self.collected += count;
        self.check(self.collected)
    }

    fn tuple(&mut self, len: usize) -> Result<(), PickleError> {
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push_new(Node::Tuple(items))
    }

    fn append(&mut self, items: &[NodeId]) -> Result<(), PickleError> {
        self.collect(items.len())?;
        let target = self.top()?;
        if let Node::List(list) = &mut self.nodes[target as usize] {
            list.extend_from_slice(items);
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[NodeId]) -> Result<(), PickleError> {
        self.collect(items.len())?;
        let target = self.top()?;
        if let Node::Dict(entries) = &mut self.nodes[target as usize] {
            entries.extend(pairs(items));
        }
        Ok(())
    }

    fn memo_place(&mut self, code: u8, [line, byte]: [u8; 2]) -> Result<u32, PickleError> {
        match code {
            code if code == line => self.bytes.number_line(),
            code if code == byte => self.bytes.u8().map(u32::from),
            _ => self.bytes.u32(),
        }
    }

    fn memoize(&mut self, place: u32) -> Result<(), PickleError> {
        self.check(self.memo.len())?;
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }
}

/// Keys and values that follow each other.
fn pairs(items: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let (pairs, _) = items.as_chunks::<2>();
    pairs.iter().map(|&[key, value]| (key, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> PickleError {
        Pickle::read(bytes, 0).unwrap_err()
    }

    #[test]
    fn collections_of_every_protocol() {
        let text = b"(dp0\nS'a'\np1\n(lp2\nI1\naI2\nasg1\n(I3\ntp3\ns.";
        let binary = b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01K\x02eh\x01K\x03\x85u.";
        for bytes in [&text[..], binary] {
            let pickle = Pickle::read(bytes, 0).unwrap();
            let Node::Dict(entries) = pickle.node(pickle.root) else {
                panic!("{pickle:?}");
            };
            assert_eq!(entries.len(), 2);
            assert!(matches!(pickle.node(entries[0].0), Node::Text(key) if key == "a"));
            let Node::List(list) = pickle.node(entries[0].1) else {
                panic!("{pickle:?}");
            };
            assert!(matches!(pickle.node(list[1]), Node::Int(2)));
            assert_eq!(entries[1].0, entries[0].0);
            assert!(matches!(pickle.node(entries[1].1), Node::Tuple(items) if items.len() == 1));
            assert_eq!(pickle.end, bytes.len());
        }
    }

    #[test]
    fn functions_are_not_called() {
        let pickle = Pickle::read(b"cos\nsystem\n(S'touch x'\ntR.", 0).unwrap();
        assert!(matches!(pickle.node(pickle.root), Node::Object(None)));
    }

    #[test]
    fn damage_is_an_error() {
        assert_eq!(error(b""), PickleError::Truncated);
        assert_eq!(error(b"."), PickleError::Missing { at: 0 });
        assert_eq!(error(b"(t"), PickleError::Truncated);
        assert_eq!(error(b"K\x01(0."), PickleError::Missing { at: 3 });
        assert_eq!(error(b"t."), PickleError::Missing { at: 0 });
        assert_eq!(error(b"h\x07."), PickleError::Missing { at: 0 });
        assert_eq!(
            error(b"\x82\x01."),
            PickleError::Opcode { code: 0x82, at: 0 }
        );
        assert_eq!(error(b"X\xff\xff\xff\xffab"), PickleError::Truncated);
        assert_eq!(
            error(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"),
            PickleError::Truncated
        );
    }

    #[test]
    fn the_number_of_values_is_limited() {
        let limit = MAX_VALUES;
        for repeated in [&b"]"[..], b"(", b"K\x07", b"N"] {
            let mut bytes = repeated.repeat(limit + 2);
            bytes.push(b'.');
            assert_eq!(error(&bytes), PickleError::TooMany { limit });
        }
        // A list that is appended to itself.
        let mut bytes = b"]q\x00".to_vec();
        bytes.extend(b"h\x00a".repeat(limit + 2));
        assert_eq!(error(&bytes), PickleError::TooMany { limit });
    }

    #[test]
    fn nesting_takes_no_stack() {
        let depth = MAX_VALUES / 2 - 2;
        let mut bytes = b"N".to_vec();
        bytes.extend(b"\x85".repeat(depth));
        bytes.push(b'.');
        assert!(Pickle::read(&bytes, 0).is_ok());
    }
}
