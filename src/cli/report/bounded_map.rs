//! Maps whose growth has an end.
//!
//! Tenants, applications and users of verified tokens are named by their issuers, so they are as many as there are.
//! But an operator may trust an issuer where anybody can make users, and a log may be anybody's. So what is counted one
//! by one has a bound; beyond it things are counted together.

use std::borrow::Borrow;
use std::hash::Hash;

use chrono::NaiveDate;
use foldhash::fast::RandomState;
use hashbrown::hash_map::{EntryRef, HashMap};

/// How much memory the counts may take, in bytes, all threads together; some million users. As much again is used for
/// a moment, when the threads' counts are added up.
pub const MEMORY: usize = 1024 * 1024 * 1024;

/// What an entry costs beside its key and value: the table is at worst half empty, and an allocation has a head.
const OVERHEAD: usize = 64;

/// Memory that is left.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Budget(bytes)
    }

    /// Puts some to it.
    pub fn give(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Takes some, if there is as much.
    pub fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// A name as a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name(text.into())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A day as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

impl From<&Day> for Day {
    fn from(day: &Day) -> Self {
        *day
    }
}

/// A map that puts together what it has no memory for.
#[derive(Debug)]
pub struct Bounded<K, V> {
    entries: HashMap<K, V, RandomState>,
    others: Option<Box<V>>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Bounded { entries: HashMap::default(), others: None }
    }
}

impl<K: Hash + Eq, V: Default> Bounded<K, V> {
    /// The value of `key`; that of all others together where the budget has no room for one more.
    pub fn slot<'k, Q>(&mut self, key: &'k Q, budget: &mut Budget) -> &mut V
    where
        Q: Hash + Eq + ?Sized,
        K: Borrow<Q> + From<&'k Q>,
    {
        match self.entries.entry_ref(key) {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) if budget.take(size_of::<(K, V)>() + size_of_val(key) + OVERHEAD) => {
                entry.insert(V::default())
            }
            EntryRef::Vacant(_) => self.others.get_or_insert_default(),
        }
    }

    /// Each with its key; none is the key of all others together.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&K>, &V)> {
        let others = self.others.as_deref().map(|value| (None, value));
        self.entries.iter().map(|(key, value)| (Some(key), value)).chain(others)
    }

    /// Adds another's entries, each by `add`.
    pub fn merge<Q>(&mut self, other: Self, budget: &mut Budget, add: impl Fn(&mut V, V, &mut Budget))
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
    fn what_has_no_room_is_counted_together() {
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
    fn sums_stay_when_maps_with_others_are_merged() {
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
