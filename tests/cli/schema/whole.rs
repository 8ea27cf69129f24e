//! A configuration with every field there is.

use serde_json::Value;

const WHOLE: &str = r#"
issuers:
- issuer: https://sts.windows.net/{tid}/
  tenants: [df845f1a-7b35-40a2-ba78-6481de91f8ae]
  audiences: [https://api.partnercenter.microsoft.com]
  jwks: {inline: {keys: [{kty: OKP, crv: Ed25519, kid: a, use: sig, alg: EdDSA, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}}
  app_only: entra
- issuer: https://fetched.example
  audiences: [api]
  jwks: {uri: "https://fetched.example/keys", cluster: idp, timeout: 2s, refresh: 2m, cooldown: 20s, expiry: 12h}
- issuer: https://discovered.example
  audiences: [api]
  discovery: {uri: "https://discovered.example/o", cluster: idp, timeout: 2s, refresh: 2m, cooldown: 20s, expiry: 12h}
- issuer: https://vouched.example
  audiences: [api]
  verified_by: {metadata: vouched}
policies:
  mfa: {amr: {any_of: [mfa], all_of: [pwd]}, federated: multipleauthn, app_only: allow, claims: {roles: {any_of: [a], all_of: [b]}}}
routes:
- {name: a, path: /a, methods: [GET], hosts: [api.example.com], policy: mfa}
- {name: b, prefix: /b, policy: public}
default: mfa
path_case: exact
envoy_route_metadata: false
token: {max_bytes: 8192, max_depth: 16, leeway: 30s, headers: [x-token]}
challenge: {style: partner_center, realm: gate, body: none, headers: {X-Id: a}, filter_state: true}
upstream_headers: {decision: x-decision, subject: x-subject, claims: {upn: x-upn}}
host_crypto: false
cache: {max_entries: 10, max_mib: 1}
access_log: {user: id, key: none}
mode: enforce
"#;

/// As JSON.
pub fn whole() -> Value {
    serde_saphyr::from_str(WHOLE).expect("YAML")
}
