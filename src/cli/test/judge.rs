//! Decides cases natively.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Result, anyhow};
use mfa_gate::cases::judge::judge;
use mfa_gate::cases::load::ResolvedCase;
use mfa_gate::cases::test_keys::TestKeys;
use mfa_gate::config;
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;

use super::outcome::Outcome;

/// The value of `$upstream`. Requests stay in this process, so nothing listens there.
const UPSTREAM: &str = "127.0.0.1:9";

/// Judges cases. Caches parsed configurations, because many cases share one.
pub(super) struct Judge<'k> {
    keys: &'k TestKeys,
    now: i64,
    gates: BTreeMap<String, Rc<Gate>>,
}

impl<'k> Judge<'k> {
    /// A judge for cases signed with `keys`. `now` is the time in Unix seconds for cases that set none.
    pub(super) fn new(keys: &'k TestKeys, now: i64) -> Self {
        Judge { keys, now, gates: BTreeMap::new() }
    }

    /// Judges a case.
    ///
    /// # Errors
    ///
    /// The configuration or the case is invalid.
    pub(super) fn judge(&mut self, case: &ResolvedCase) -> Result<Outcome> {
        let gate = self.gate(case)?;
        let now = case.now.unwrap_or(self.now);
        let request = case.request(self.keys, now, UPSTREAM)?;
        let judgement = judge(&gate, &case.case, &request, UnixTime::from_millis(now.saturating_mul(1000)));
        Ok(match judgement.failure {
            Some(failure) => Outcome::Failed(failure),
            None => Outcome::Passed(judgement.decided),
        })
    }

    fn gate(&mut self, case: &ResolvedCase) -> Result<Rc<Gate>> {
        let text = case.config.to_string();
        if let Some(gate) = self.gates.get(&text) {
            return Ok(Rc::clone(gate));
        }
        let gate = config::parse(text.as_bytes());
        let gate = gate.map_err(|errors| anyhow!("{} is not a configuration\n{errors}", case.config_name))?;
        Ok(Rc::clone(self.gates.entry(text).or_insert(Rc::new(gate))))
    }
}
