//! The routing table. A lookup costs about the same for ten and for ten thousand routes.

use std::borrow::Cow;
use std::sync::Arc;

use super::authority::{Authority, HostPattern};
use super::matcher::{PathPattern, Pattern, Route, segments};
use crate::wire::prefix_key::{order, start};

/// Whether paths are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathCase {
    /// Unknown: a path is judged as written, and again with case folded.
    Both,
    /// The upstream is case-sensitive.
    Exact,
}

/// Two routes that match the same requests with the same precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the first route.
    pub first: usize,
    /// Index of the second route.
    pub second: usize,
    /// Whether the routes differ in case alone.
    pub by_case: bool,
}

/// The routes of a configuration, indexed for lookup.
#[derive(Debug)]
pub struct Routes {
    all: Vec<Arc<Route>>,
    exact: Table,
    folded: Option<Table>,
    /// Whether folding changes the path of any route.
    cased: bool,
    by_host: bool,
    by_method: bool,
}

impl Routes {
    /// Indexes the routes.
    ///
    /// # Errors
    ///
    /// Every pair that matches the same requests with the same precedence.
    pub fn new(routes: Vec<Route>, case: PathCase) -> Result<Self, Vec<Conflict>> {
        let all: Vec<_> = routes.into_iter().map(Arc::new).collect();
        let mut conflicts = Vec::new();
        let mut exact = Table::default();
        let mut folded = Table::default();
        for (index, route) in all.iter().enumerate() {
            for pattern in route.patterns.clone() {
                if let Err(first) = exact.insert(&pattern, index, route) {
                    conflicts.push(Conflict { first, second: index, by_case: false });
                } else if case == PathCase::Both
                    && let Err(first) = folded.insert(&fold_pattern(pattern), index, route)
                {
                    conflicts.push(Conflict { first, second: index, by_case: true });
                }
            }
        }
        conflicts.dedup();
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let any = |test: &dyn Fn(&Pattern) -> bool| all.iter().flat_map(|route| &route.patterns).any(test);
        Ok(Self {
            cased: any(&|p| p.path.segments().iter().any(|s| fold(s) != *s)),
            by_host: any(&|p| p.host != HostPattern::Any),
            by_method: any(&|p| p.methods.is_some()),
            folded: (case == PathCase::Both).then_some(folded),
            exact,
            all,
        })
    }

    /// Whether any route depends on the host.
    pub fn by_host(&self) -> bool {
        self.by_host
    }

    /// Whether any route depends on the method.
    pub fn by_method(&self) -> bool {
        self.by_method
    }

    /// The routes, as configured.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.all.iter().map(Arc::as_ref)
    }

    /// The route at this index.
    pub fn get(&self, index: usize) -> Option<&Route> {
        self.all.get(index).map(Arc::as_ref)
    }

    /// The routes that match one reading of a path: as written and, unless paths are case-sensitive, folded. `None` for a
    /// form that no route matches.
    pub fn find(&self, host: Option<&Authority>, path: &str, method: &str) -> impl Iterator<Item = Option<&Route>> {
        let written = self.exact.find(host, path, method);
        let folded = self.folded.as_ref().and_then(|table| {
            let folded = fold(path);
            (self.cased || folded != path).then(|| table.find(host, &folded, method))
        });
        [Some(written), folded].into_iter().flatten()
    }
}

/// Folds case, so that texts are equal if some upstream's folding makes them equal: to upper case, to lower case, or through
/// both, by which `ſ` becomes `s` and `ı` becomes `i`.
///
/// All letters beyond ASCII fold to one character. That needs no table of them; a path that differs by such a letter is
/// judged by one more route.
fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut add = |c: char| {
        let c = if c.is_ascii() { c.to_ascii_lowercase() } else { BEYOND_ASCII };
        // In another case one letter may become two or three.
        if c != BEYOND_ASCII || !folded.ends_with(BEYOND_ASCII) {
            folded.push(c);
        }
    };
    for c in text.chars() {
        match ASCII_IN_ANOTHER_CASE.iter().find(|(from, _)| *from == c) {
            Some((_, to)) => to.chars().for_each(&mut add),
            None => add(c),
        }
    }
    Cow::Owned(folded)
}

/// Replaces any run of letters beyond ASCII.
const BEYOND_ASCII: char = char::REPLACEMENT_CHARACTER;

/// The letters beyond ASCII that become ASCII in another case, and that case (Unicode's UnicodeData and SpecialCasing; a
/// test shows that the list is complete).
const ASCII_IN_ANOTHER_CASE: [(char, &str); 20] = [
    ('ß', "ss"),
    ('ẞ', "ss"),
    ('İ', "i\u{307}"),
    ('ı', "i"),
    ('ŉ', "\u{2bc}n"),
    ('ſ', "s"),
    ('ǰ', "j\u{30c}"),
    ('ẖ', "h\u{331}"),
    ('ẗ', "t\u{308}"),
    ('ẘ', "w\u{30a}"),
    ('ẙ', "y\u{30a}"),
    ('ẚ', "a\u{2be}"),
    ('\u{212a}', "k"),
    ('ﬀ', "ff"),
    ('ﬁ', "fi"),
    ('ﬂ', "fl"),
    ('ﬃ', "ffi"),
    ('ﬄ', "ffl"),
    ('ﬅ', "st"),
    ('ﬆ', "st"),
];

fn fold_pattern(pattern: Pattern) -> Pattern {
    let path = match pattern.path {
        PathPattern::Prefix(segments) => PathPattern::Prefix(segments.iter().map(|s| fold(s).into_owned()).collect()),
        PathPattern::Exact(segments) => PathPattern::Exact(segments.iter().map(|s| fold(s).into_owned()).collect()),
    };
    Pattern { path, ..pattern }
}

/// Path trees by host.
#[derive(Debug, Default)]
struct Table {
    exact: Children,
    below: Children,
    any: Node,
}

/// A path tree with a level for each segment.
#[derive(Debug, Default)]
struct Node {
    children: Children,
    exact: Methods,
    prefix: Methods,
}

/// Nodes sorted by name. Boxed, as an insertion moves all following entries.
#[derive(Debug, Default)]
struct Children(Vec<Child>);

#[derive(Debug)]
struct Child {
    start: u64,
    name: Box<str>,
    node: Box<Node>,
}

impl Children {
    fn get(&self, name: &str) -> Option<&Node> {
        self.0.get(self.place(name).ok()?).map(|child| child.node.as_ref())
    }

    /// The node of this name, inserted if absent.
    fn grow(&mut self, name: &str) -> &mut Node {
        let place = self.place(name).unwrap_or_else(|place| {
            self.0.insert(place, Child { start: start(name), name: name.into(), node: Box::default() });
            place
        });
        #[allow(clippy::indexing_slicing, reason = "the index was found or inserted above")]
        &mut self.0[place].node
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        let start = start(name);
        self.0.binary_search_by(|own| order((own.start, &own.name), (start, name)))
    }
}

/// Routes by method.
#[derive(Debug, Default)]
struct Methods {
    named: Vec<(String, (usize, Arc<Route>))>,
    any: Option<(usize, Arc<Route>)>,
}

impl Table {
    fn insert(&mut self, pattern: &Pattern, index: usize, route: &Arc<Route>) -> Result<(), usize> {
        let mut node = match &pattern.host {
            HostPattern::Any => &mut self.any,
            HostPattern::Below(domain) => self.below.grow(domain.as_str()),
            HostPattern::Exact(name) => self.exact.grow(name),
        };
        for segment in pattern.path.segments() {
            node = node.children.grow(segment);
        }
        let methods = match pattern.path {
            PathPattern::Prefix(_) => &mut node.prefix,
            PathPattern::Exact(_) => &mut node.exact,
        };
        methods.insert(pattern, index, route)
    }

    fn find(&self, host: Option<&Authority>, path: &str, method: &str) -> Option<&Route> {
        let named = host.and_then(|host| self.exact.get(host.as_str()));
        let below = host.into_iter().flat_map(Authority::domains).filter_map(|domain| self.below.get(domain));
        named.into_iter().chain(below).chain([&self.any]).find_map(|node| node.find(path, method))
    }
}

impl Node {
    fn find(&self, path: &str, method: &str) -> Option<&Route> {
        let mut node = self;
        let mut best = node.prefix.get(method);
        for segment in segments(path) {
            match node.children.get(segment) {
                Some(child) => node = child,
                None => return best,
            }
            best = node.prefix.get(method).or(best);
        }
        node.exact.get(method).or(best)
    }
}

impl Methods {
    fn insert(&mut self, pattern: &Pattern, index: usize, route: &Arc<Route>) -> Result<(), usize> {
        let entry = (index, Arc::clone(route));
        match &pattern.methods {
            None => match &self.any {
                Some((first, _)) => return Err(*first),
                None => self.any = Some(entry),
            },
            Some(methods) => {
                for method in methods {
                    if let Some((first, _)) = self.named(method) {
                        return Err(*first);
                    }
                    self.named.push((method.clone(), entry.clone()));
                }
            }
        }
        Ok(())
    }

    fn named(&self, method: &str) -> Option<&(usize, Arc<Route>)> {
        self.named.iter().find(|(own, _)| own == method).map(|(_, entry)| entry)
    }

    fn get(&self, method: &str) -> Option<&Route> {
        self.named(method).or(self.any.as_ref()).map(|(_, route)| route.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::policy::{Demand, Policy};

    fn pattern() -> impl Strategy<Value = Pattern> {
        let segment = select(vec!["a", "b", "A"]);
        let segments = prop::collection::vec(segment.prop_map(str::to_owned), 0..4);
        let path = (any::<bool>(), segments).prop_map(|(exact, segments)| match exact {
            true => PathPattern::Exact(segments),
            false => PathPattern::Prefix(segments),
        });
        let host = select(vec![None, Some("x.test"), Some("*.test"), Some("*.x.test")])
            .prop_map(|host| host.map_or(HostPattern::Any, |host| HostPattern::parse(host).unwrap()));
        let methods = subsequence(vec!["GET", "PUT"], 0..=2).prop_map(|methods| {
            let methods: Vec<_> = methods.into_iter().map(str::to_owned).collect();
            (!methods.is_empty()).then_some(methods)
        });
        (host, path, methods).prop_map(|(host, path, methods)| Pattern { host, path, methods })
    }

    fn route((index, pattern): (usize, Pattern)) -> Route {
        let policy = Arc::new(Policy { name: index.to_string(), demand: Demand::Public });
        Route { index, name: index.to_string(), patterns: vec![pattern], policy }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The table finds what a search through all routes finds, in any order.
        // catalogue: I21
        #[test]
        fn the_most_specific_route_wins_in_any_order(
            patterns in prop::collection::vec(pattern(), 0..6),
            shuffled in any::<prop::sample::Index>(),
            host in select(vec!["x.test", "y.x.test", "y.test", "other"]),
            path in select(vec!["/", "/a", "/a/", "/a/b", "/a/b/a", "/A/b", "/c", "/a/c/b", "//a"]),
            method in select(vec!["GET", "PUT", "DELETE"]),
        ) {
            let mut numbered: Vec<_> = patterns.into_iter().enumerate().collect();
            let host = Authority::read(host.as_bytes());
            let best = numbered
                .iter()
                .filter(|(_, pattern)| pattern.matches(host.as_ref(), path, method))
                .max_by(|a, b| a.1.specificity().cmp(&b.1.specificity()))
                .map(|(index, _)| index.to_string());
            let turn = shuffled.index(numbered.len().max(1));
            let turned = turn.min(numbered.len());
            numbered.rotate_left(turned);
            if turn % 2 == 1 {
                numbered.reverse();
            }
            let Ok(routes) = Routes::new(numbered.into_iter().map(route).collect(), PathCase::Exact) else {
                return Ok(()); // two that are equally specific: refused, as the next test shows
            };
            let found: Vec<_> = routes.find(host.as_ref(), path, method).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].map(|route| route.name.clone()), best);
        }
    }

    fn exact(path: &str) -> Pattern {
        Pattern { host: HostPattern::Any, path: PathPattern::Exact(vec![path.to_owned()]), methods: None }
    }

    fn routes(patterns: &[Pattern], case: PathCase) -> Result<Routes, Vec<Conflict>> {
        Routes::new(patterns.iter().cloned().enumerate().map(route).collect(), case)
    }

    #[test]
    fn equally_specific_routes_are_a_conflict() {
        let conflict = |by_case| vec![Conflict { first: 0, second: 1, by_case }];
        assert_eq!(routes(&[exact("a"), exact("a")], PathCase::Exact).unwrap_err(), conflict(false));
        assert_eq!(routes(&[exact("a"), exact("A")], PathCase::Both).unwrap_err(), conflict(true));
        assert!(routes(&[exact("a"), exact("A")], PathCase::Exact).is_ok());
    }

    #[test]
    fn every_case_of_every_letter_folds_alike() {
        for c in (char::MIN..=char::MAX).map(|c| format!("a{c}b")) {
            let (upper, lower) = (c.to_uppercase(), c.to_lowercase());
            for case in [upper.to_lowercase(), lower.to_uppercase(), upper, lower] {
                assert_eq!(fold(&case), fold(&c), "{c} {case}");
            }
        }
        assert_eq!(fold("/Straße/ÄÖ/x"), "/strasse/\u{fffd}/x");
    }

    #[test]
    fn case_is_judged_both_ways() {
        let names = |routes: &Routes, path: &str| -> Vec<_> {
            routes.find(None, path, "GET").map(|route| route.map(|route| route.name.clone())).collect()
        };
        let routes = routes(&[exact("Admin")], PathCase::Both).unwrap();
        assert_eq!(names(&routes, "/Admin"), [Some("0".to_owned()), Some("0".to_owned())]);
        assert_eq!(names(&routes, "/admin"), [None, Some("0".to_owned())]);
        assert_eq!(names(&routes, "/ADMIN"), [None, Some("0".to_owned())]);
    }
}
