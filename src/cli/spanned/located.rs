//! A parsed value, and the position of everything in it.

use std::collections::BTreeMap;
use std::ops::Range;

use mfa_gate::config::join;
use mfa_gate::wire::json::{Json, Object};

use super::node::{Node, Value};

/// A value parsed from a file, and the position of everything in it.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    json: Json<'static>,
    places: BTreeMap<String, Range<usize>>,
}

impl Located {
    /// The value.
    pub(crate) fn json(&self) -> &Json<'static> {
        &self.json
    }

    /// The position of the field at a path such as `routes[2].policy`. If the field is absent, its nearest ancestor.
    pub(crate) fn place(&self, path: &str) -> Range<usize> {
        let mut path = path;
        loop {
            match self.places.get(path) {
                Some(place) => return place.clone(),
                None if path.is_empty() => return 0..0,
                // The path of a member with a dot in its name takes one more step.
                None => path = &path[..path.rfind(['.', '[']).unwrap_or(0)],
            }
        }
    }

    /// Like [`Self::place`], but `None` if not even the first part of the path is present.
    pub(crate) fn place_on_the_way(&self, path: &str) -> Option<Range<usize>> {
        let first = path.find(['.', '[']).map_or(path, |end| &path[..end]);
        self.places.contains_key(first).then(|| self.place(path))
    }

    /// The value at a path as a separate value, with paths relative to it.
    pub(crate) fn below(&self, path: &str, json: &Json<'static>) -> Self {
        let relative = |at: &str| match at.strip_prefix(path)? {
            rest if rest.is_empty() || path.is_empty() || rest.starts_with('[') => Some(rest.to_owned()),
            rest => rest.strip_prefix('.').map(str::to_owned),
        };
        let places = self.places.iter().filter_map(|(at, place)| Some((relative(at)?, place.clone())));
        Self { json: json.clone(), places: places.collect() }
    }
}

impl From<Node> for Located {
    fn from(node: Node) -> Self {
        let mut places = BTreeMap::new();
        let json = settle(node, String::new(), &mut places);
        Self { json, places }
    }
}

fn settle(node: Node, path: String, places: &mut BTreeMap<String, Range<usize>>) -> Json<'static> {
    let json = match node.value {
        Value::Scalar(json) => json,
        Value::Array(items) => {
            let item = |(index, item)| settle(item, format!("{path}[{index}]"), places);
            Json::Array(items.into_iter().enumerate().map(item).collect())
        }
        Value::Object(members) => {
            let member = |(name, value): (String, Node)| {
                let value = settle(value, join(&path, &name), places);
                (name.into(), value)
            };
            let object = Object::new(members.into_iter().map(member).collect());
            Json::Object(object.unwrap_or_else(|name| unreachable!("the parser accepted `{name}` twice")))
        }
    };
    places.insert(path, node.span);
    json
}
