//! The jwt_authn filter that verifies tokens of issuers with `verified_by`.

use mfa_gate::issuer_name::IssuerName;

use super::filter::Chain;
use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::quoted;

/// The gate finds no claims of such an issuer unless jwt_authn runs before it and stores them under the configured name.
pub(super) fn check(chain: &Chain<'_>, config: &GateConfig, findings: &mut Findings) {
    let is_jwt_authn = |filter: &&At<'_>| filter.is_configured_by("JwtAuthentication");
    let before: Vec<_> = chain.filters.iter().take(chain.index).filter(is_jwt_authn).collect();
    let is_after = chain.filters.iter().skip(chain.index).any(|filter| is_jwt_authn(&filter));
    for verified_by in config.verified_by() {
        let Some(name) = verified_by.metadata.text() else { continue };
        let what = match (before.is_empty(), is_after) {
            (true, true) => "the jwt_authn filter is after the gate; move it before".to_owned(),
            (true, false) => "no jwt_authn filter is before the gate".to_owned(),
            _ => match missing_provider(&before, name, verified_by.issuer) {
                Some(what) => what,
                None => continue,
            },
        };
        let at = verified_by.metadata;
        let message = format!("{}: expects the claims of verified tokens in {}, but {what}", at.path(), quoted(name));
        config.wrong(findings, Lint::JwtAuthn, at.path(), message);
    }
}

/// What is wrong with the filters' providers, if none of them stores the claims of this issuer under this name.
fn missing_provider(filters: &[&At<'_>], name: &str, issuer: Option<&str>) -> Option<String> {
    let providers = filters.iter().filter_map(|filter| filter.find(&["typed_config", "providers"]));
    let providers: Vec<_> = providers.flat_map(|at| at.members()).map(|(_, provider)| provider).collect();
    let here: Vec<_> =
        providers.iter().filter(|provider| provider.field("payload_in_metadata") == Some(name)).collect();
    if here.is_empty() {
        let name = name.escape_debug();
        return Some(format!(
            "no provider of the jwt_authn filter stores its claims there; give it `payload_in_metadata: {name}`"
        ));
    }
    // A provider without an issuer accepts any; a template matches many issuers.
    let issuer = issuer.filter(|issuer| !issuer.contains(IssuerName::TENANT))?;
    let accepts = |provider: &&At<'_>| provider.field("issuer").is_none_or(|own| own == issuer);
    let other = here.first().filter(|_| !here.iter().copied().any(|provider| accepts(&provider)))?;
    let other = other.field("issuer").unwrap_or_default();
    Some(format!("the jwt_authn filter's provider there has the issuer {}; correct one of them", quoted(other)))
}
