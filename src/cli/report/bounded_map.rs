//! Maps with bounded memory.
//!
//! Issuers name the tenants, applications and users of verified tokens, so their number is normally limited. But an
//! operator may trust an issuer with open registration, and a log may be forged. When the memory is used up, further
//! keys share one entry.

use std::borrow::Borrow;
use std::hash::Hash;

use chrono::NaiveDate;
use foldhash::fast::RandomState;
use hashbrown::hash_map::{EntryRef, HashMap};

/// Memory for the counts of all threads together, in bytes: enough for some million users. Merging the threads' counts
/// briefly uses the same amount again.
pub(super) const MEMORY: usize = 1024 * 1024 * 1024;

/// Bytes per entry in addition to its key and value: the table may be half empty, and an allocation has a header.
const OVERHEAD: usize = 64;

/// The remaining memory.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// A budget of `bytes`.
    pub(super) fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Adds to the budget.
    pub(super) fn add(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Reserves `bytes`; returns `false` if fewer remain.
    pub(super) fn reserve(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// A name as a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(Box<str>);

impl Name {
    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A day as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub NaiveDate);

impl From<&Self> for Day {
    fn from(day: &Self) -> Self {
        *day
    }
}

/// A map that counts all keys beyond its memory in one shared entry.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    entries: HashMap<K, V, RandomState>,
    others: Option<Box<V>>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::default(), others: None }
    }
}

impl<K: Hash + Eq, V: Default> Bounded<K, V> {
    /// The value of `key`, or the shared entry if the budget has no room for a new key.
    pub(super) fn slot<'k, Q>(&mut self, key: &'k Q, budget: &mut Budget) -> &mut V
    where
        Q: Hash + Eq + ?Sized,
        K: Borrow<Q> + From<&'k Q>,
    {
        match self.entries.entry_ref(key) {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) if budget.reserve(size_of::<(K, V)>() + size_of_val(key) + OVERHEAD) => {
                entry.insert(V::default())
            }
            EntryRef::Vacant(_) => self.others.get_or_insert_default(),
        }
    }

    /// All entries. The shared entry has the key `None`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Option<&K>, &V)> {
        let others = self.others.as_deref().map(|value| (None, value));
        self.entries.iter().map(|(key, value)| (Some(key), value)).chain(others)
    }

    /// Merges the entries of `other` with `add`.
    pub(super) fn merge<Q>(&mut self, other: Self, budget: &mut Budget, add: impl Fn(&mut V, V, &mut Budget))
    where
        Q: Hash + Eq + ?Sized,
        K: Borrow<Q> + for<'k> From<&'k Q>,
    {
        for (key, value) in other.entries {
            add(self.slot(key.borrow(), budget), value, budget);
        }
        if let Some(value) = other.others {
            add(self.others.get_or_insert_default(), *value, budget);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_room_share_an_entry() {
        let mut map = Bounded::<Name, u64>::default();
        let mut budget = Budget::new(3 * (size_of::<(Name, u64)>() + 1 + OVERHEAD));
        for name in ["a", "b", "c", "d", "e", "a", "d"] {
            *map.slot(name, &mut budget) += 1;
        }
        let mut counts: Vec<_> = map.iter().map(|(name, count)| (name.map(Name::as_str), *count)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(None, 3), (Some("a"), 2), (Some("b"), 1), (Some("c"), 1)]);
    }

    #[test]
    fn merging_maps_with_shared_entries_preserves_sums() {
        let one = size_of::<(Name, u64)>() + 1 + OVERHEAD;
        let count = |names: &[&str]| {
            let (mut map, mut budget) = (Bounded::<Name, u64>::default(), Budget::new(one));
            names.iter().for_each(|name| *map.slot(*name, &mut budget) += 1);
            map
        };
        let mut sum = count(&["a", "b", "b"]);
        sum.merge::<str>(count(&["c", "a"]), &mut Budget::new(0), |sum, more, _| *sum += more);
        let counts: u64 = sum.iter().map(|(_, count)| count).sum();
        assert_eq!(counts, 5);
    }
}
