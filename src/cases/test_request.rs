//! The requests of a case, ready to be sent or judged.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::case::{Case, HeaderLine, TokenChoice};
use super::load::Entry;
use super::metadata::metadata as left_of;
use super::template::Scope;
use super::test_keys::Forge;
use super::token::{TokenSpec, no_token};

/// A request.
pub struct Shot {
    /// What tells it from the other requests of its case.
    pub which: String,
    /// The method.
    pub method: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// The Host header.
    pub host: Option<Vec<u8>>,
    /// Header lines but for Host.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    #[allow(dead_code, reason = "the tests through Envoy send it")]
    /// The body.
    pub body: Option<Vec<u8>>,
    #[allow(dead_code, reason = "the tests through Envoy send it")]
    /// The bytes on the wire.
    pub raw: Option<Vec<u8>>,
    /// Tokens that jwt_authn has verified, by name.
    #[allow(dead_code, reason = "the tests through Envoy send them")]
    pub metadata: Vec<(String, Vec<u8>)>,
    /// What it leaves of them.
    pub left_by_jwt_authn: Option<Vec<u8>>,
    /// The token, for searching logs.
    #[allow(dead_code, reason = "the tests through Envoy search for it")]
    pub token: Option<Vec<u8>>,
    /// Headers as the upstream sees them.
    pub upstream: BTreeMap<String, Option<String>>,
}

impl Entry {
    /// The requests of the case: one, but for spoilt tokens.
    ///
    /// # Errors
    ///
    /// A name that stands for nothing, or a token that cannot be made.
    pub fn shots(&self, forge: &Forge, now: i64, upstream: &str) -> Result<Vec<Shot>> {
        let place = vec![("upstream", upstream.as_bytes().to_vec())];
        let mint =
            |spec: &TokenSpec| spec.mint(&Scope { forge, now, local: place.clone() }, &self.tokens).context("`tokens`");
        let mut named: Vec<(&str, Vec<u8>)> = Vec::new();
        for (name, spec) in self.tokens.iter().filter(|(name, _)| self.case.mentions(&format!("${name}"))) {
            named.push((name, mint(spec)?));
        }
        named.extend(place.clone());
        let describe = |spec: &TokenSpec| spec.mint(&Scope { forge, now, local: named.clone() }, &self.tokens);
        let choose = |choice: &TokenChoice| match choice {
            TokenChoice::Described(spec) => describe(spec),
            TokenChoice::Named(name) => match self.tokens.get(name) {
                Some(spec) => mint(spec),
                None => self.written_token(name),
            },
        };
        let mut metadata = Vec::new();
        let token = match (&self.of_claims, &self.case.token) {
            (Some(of_claims), _) => {
                let token = describe(&of_claims.token).context("`claims`")?;
                match &of_claims.metadata {
                    None => Some(token),
                    // As jwt_authn has it unless told to forward the token.
                    Some(name) => {
                        metadata.push((name.clone(), token));
                        None
                    }
                }
            }
            (None, choice) => choice.as_ref().map(choose).transpose().context("`token`")?,
        };
        for (name, choice) in &self.case.metadata {
            metadata.push((name.clone(), choose(choice).context("`metadata`")?));
        }
        let left_by_jwt_authn = match metadata.as_slice() {
            [] => None,
            tokens => Some(left_of(tokens).context("`metadata`")?),
        };
        let tokens: Vec<(String, Option<Vec<u8>>)> = match (self.case.spoil, token) {
            (None, token) => vec![(String::new(), token)],
            (Some(spoiling), Some(token)) => {
                spoiling.all(&token).into_iter().map(|(which, token)| (which, Some(token))).collect()
            }
            (Some(_), None) => bail!("no token to spoil"),
        };
        let shot = |(which, token): (String, Option<Vec<u8>>)| {
            let mut local = named.clone();
            local.extend(token.clone().map(|token| ("token", token)));
            let shot = self.shot(which, token, &Scope { forge, now, local })?;
            Ok(Shot { metadata: metadata.clone(), left_by_jwt_authn: left_by_jwt_authn.clone(), ..shot })
        };
        tokens.into_iter().map(shot).collect()
    }

    /// A token in its compact form, or in a file beside that of the cases.
    fn written_token(&self, text: &str) -> Result<Vec<u8>> {
        // The header is an object, and `{"` is `eyJ`.
        if text.starts_with("eyJ") && text.contains('.') {
            return Ok(text.trim().as_bytes().to_vec());
        }
        let path = self.path.with_file_name(text);
        let read = std::fs::read_to_string(&path);
        let read = read.with_context(|| format!("{}, and `{}`", no_token(text), path.display()))?;
        Ok(read.trim().as_bytes().to_vec())
    }

    fn shot(&self, which: String, token: Option<Vec<u8>>, scope: &Scope<'_>) -> Result<Shot> {
        let request = &self.case.request;
        let bytes = |text: &str| scope.bytes(text).context("`request`");
        let optional = |text: &Option<String>| text.as_deref().map(bytes).transpose();
        let mut headers = Vec::new();
        for HeaderLine(name, value) in &request.headers {
            headers.push((bytes(name)?, bytes(value)?));
        }
        let (carrier, scheme) = match self.config["token"]["headers"][0].as_str() {
            None | Some("authorization") => ("Authorization", "Bearer "),
            Some(name) => (name, ""),
        };
        let is_placed = self.case.mentions("$token")
            || request.headers.iter().any(|HeaderLine(name, _)| name.eq_ignore_ascii_case(carrier));
        if let Some(token) = &token
            && !is_placed
        {
            headers.push((carrier.as_bytes().to_vec(), [scheme.as_bytes(), token].concat()));
        }
        // The id is the sender's to fill in.
        let with_id = |text: &str| {
            let mut scope = Scope { forge: scope.forge, now: scope.now, local: scope.local.clone() };
            scope.local.push(("id", b"$id".to_vec()));
            scope.bytes(text)
        };
        let mut upstream = BTreeMap::new();
        for (name, value) in &self.case.upstream {
            let value = value.as_deref().map(|value| scope.text(value)).transpose().context("`upstream`")?;
            upstream.insert(name.clone(), value);
        }
        Ok(Shot {
            which,
            method: bytes(&request.method)?,
            target: bytes(&request.path)?,
            host: optional(&request.host)?,
            headers,
            body: optional(&request.body)?,
            raw: request.raw.as_deref().map(with_id).transpose().context("`request`")?,
            metadata: Vec::new(),
            left_by_jwt_authn: None,
            token,
            upstream,
        })
    }
}

impl Case {
    fn mentions(&self, name: &str) -> bool {
        let request = &self.request;
        let mut texts =
            request.headers.iter().map(|HeaderLine(_, value)| value.as_str()).chain([request.path.as_str()]);
        let in_rest = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(name));
        texts.any(|text| text.contains(name))
            || in_rest(&request.raw)
            || in_rest(&request.body)
            || matches!(&self.token, Some(TokenChoice::Described(spec)) if format!("{spec:?}").contains(name))
    }
}
