//! The clusters that issuers' keys are fetched through.

use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::{list, quoted};

pub(super) fn check(bootstrap: &At<'_>, config: &GateConfig, findings: &mut Findings) {
    // Only a bootstrap defines the clusters.
    let Some(resources) = bootstrap.get("static_resources") else { return };
    let clusters = resources.list("clusters");
    let dynamic = bootstrap.get("dynamic_resources");
    let are_all = dynamic.is_none_or(|dynamic| dynamic.get("cds_config").is_none());
    for at in config.key_clusters() {
        let Some(name) = at.text() else { continue };
        match clusters.iter().find(|cluster| cluster.field("name") == Some(name)) {
            Some(cluster) => check_tls(cluster, name, findings),
            None if are_all => {
                let names: Vec<_> = clusters.iter().filter_map(|cluster| cluster.field("name")).collect();
                let message = format!(
                    "{}: the cluster {} is not defined, so no keys can be fetched; defined: {}",
                    at.path(),
                    quoted(name),
                    if names.is_empty() { "none".to_owned() } else { list(&names) }
                );
                config.wrong(findings, Lint::UnknownCluster, at.path(), message);
            }
            None => {}
        }
    }
}

/// An impostor of the issuer's key server can issue valid tokens.
fn check_tls(cluster: &At<'_>, name: &str, findings: &mut Findings) {
    let sockets = [cluster.get("transport_socket"), cluster.get("transport_socket_matches")];
    let inside: Vec<_> = sockets.iter().flatten().flat_map(|socket| socket.walk()).collect();
    let at = cluster.get("name").unwrap_or(cluster.clone());
    let Some(tls) = inside.iter().find_map(|at| at.get("common_tls_context").or(at.message("UpstreamTlsContext")))
    else {
        let message = format!(
            "an issuer's keys are fetched through the cluster {} without TLS, so an attacker on the network can replace them; give it a `transport_socket` with an UpstreamTlsContext",
            quoted(name)
        );
        findings.at(Lint::KeysWithoutTls, &at, message);
        return;
    };
    // SDS delivers the validation context at run time.
    if tls.walk().iter().any(|at| at.get("validation_context_sds_secret_config").is_some()) {
        return;
    }
    let has = |names: &[&str]| tls.walk().iter().any(|at| names.iter().any(|name| at.get(name).is_some()));
    let pinned = has(&["verify_certificate_spki", "verify_certificate_hash"]);
    let trusted =
        has(&["trusted_ca", "system_root_certs", "ca_certificate_provider_instance", "custom_validator_config"]);
    let checks_name = |at: &At<'_>| {
        at.get("match_typed_subject_alt_names").is_some()
            || at.get("match_subject_alt_names").is_some()
            || at.is_true("auto_san_validation")
            || at.is_true("auto_sni_san_validation")
    };
    let what = match (pinned, trusted) {
        (true, _) => return,
        (false, false) => "does not verify the server's certificate; give its `validation_context` a `trusted_ca`",
        (false, true) if cluster.walk().iter().any(checks_name) => return,
        (false, true) => {
            "accepts a certificate for any host; give its `validation_context` `match_typed_subject_alt_names`, or the cluster `auto_sni` and `auto_san_validation`"
        }
    };
    let message = format!("an issuer's keys are fetched through the cluster {}, but Envoy {what}", quoted(name));
    findings.at(Lint::KeysUnverified, &at, message);
}
