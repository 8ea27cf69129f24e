//! The request of a case, ready for the core or a proxy.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::carrier::carrier;
use super::case::{Case, HeaderLine, TokenChoice};
use super::load::ResolvedCase;
use super::metadata;
use super::template::Scope;
use super::test_keys::TestKeys;
use super::token::{TokenFormat, no_token};

/// A request.
#[derive(Debug, Clone)]
pub struct TestRequest {
    /// The method.
    pub method: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// The Host header.
    pub host: Option<Vec<u8>>,
    /// Header lines except Host.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Tokens that jwt_authn has verified, by name.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// The dynamic metadata of jwt_authn after it verified them.
    pub left_by_jwt_authn: Option<Vec<u8>>,
    /// The token that the request carries.
    pub token: Option<Vec<u8>>,
    /// The headers that the upstream must receive; `None` for an absent header.
    pub upstream: BTreeMap<String, Option<String>>,
}

/// The request of a case without its token, which a caller may change.
pub struct Prepared<'c, T> {
    case: &'c Case<T>,
    /// The header that carries the token, and the text before the token.
    carrier: (&'c str, &'static str),
    scope: Scope<'c>,
    metadata: Vec<(String, Vec<u8>)>,
    left_by_jwt_authn: Option<Vec<u8>>,
    /// The case's token.
    pub token: Option<Vec<u8>>,
}

impl<T: TokenFormat> ResolvedCase<T> {
    /// Creates the request of the case. `upstream` is the value of `$upstream`.
    ///
    /// # Errors
    ///
    /// A name is unknown, or creating the token fails.
    pub fn request(&self, keys: &TestKeys, now: i64, upstream: &str) -> Result<TestRequest> {
        let prepared = self.prepare(keys, now, upstream)?;
        prepared.request(prepared.token.clone())
    }

    /// Prepares the request, for a caller that changes the token.
    ///
    /// # Errors
    ///
    /// As for [`ResolvedCase::request`].
    pub fn prepare<'c>(&'c self, keys: &'c TestKeys, now: i64, upstream: &str) -> Result<Prepared<'c, T>> {
        let outer = Scope::new(keys, now, T::resolve).with([("upstream", upstream.as_bytes().to_vec())]);
        let mint = |spec: &T| spec.mint(&outer, &self.tokens).context("`tokens`");
        let mut named: Vec<(&str, Vec<u8>)> = Vec::new();
        for (name, spec) in self.tokens.iter().filter(|(name, _)| self.case.uses(&format!("${name}"))) {
            named.push((name, mint(spec)?));
        }
        let scope = outer.with(named);
        let choose = |choice: &TokenChoice<T>| match choice {
            TokenChoice::Described(spec) => spec.mint(&scope, &self.tokens),
            TokenChoice::Named(name) => match self.tokens.get(name) {
                Some(spec) => mint(spec),
                None => self.literal_token(name),
            },
        };
        let mut verified = Vec::new();
        let token = match (&self.claims_token, &self.case.token) {
            (Some(claims_token), _) => {
                let token = claims_token.token.encode(&scope).context("`claims`")?;
                match &claims_token.metadata {
                    None => Some(token),
                    // By default jwt_authn removes the token from the request.
                    Some(name) => {
                        verified.push((name.clone(), token));
                        None
                    }
                }
            }
            (None, choice) => choice.as_ref().map(choose).transpose().context("`token`")?,
        };
        for (name, choice) in &self.case.metadata {
            verified.push((name.clone(), choose(choice).context("`metadata`")?));
        }
        let left_by_jwt_authn = match verified.as_slice() {
            [] => None,
            tokens => Some(metadata::metadata(tokens).context("`metadata`")?),
        };
        let carrier = carrier(self.config["token"]["headers"][0].as_str());
        Ok(Prepared { case: &self.case, carrier, scope, metadata: verified, left_by_jwt_authn, token })
    }

    /// A token in compact form, or in a file in the directory of the case file.
    fn literal_token(&self, text: &str) -> Result<Vec<u8>> {
        // `eyJ` is the encoding of `{"`, with which a JSON header starts.
        if text.starts_with("eyJ") && text.contains('.') {
            return Ok(text.trim().as_bytes().to_vec());
        }
        let path = self.path.with_file_name(text);
        let read = std::fs::read_to_string(&path);
        let read = read.with_context(|| format!("{}, and `{}`", no_token(text), path.display()))?;
        Ok(read.trim().as_bytes().to_vec())
    }
}

impl<'c, T: TokenFormat> Prepared<'c, T> {
    /// The names available to the texts of the request.
    pub fn scope(&self, token: Option<&[u8]>) -> Scope<'c> {
        self.scope.with(token.map(|token| ("token", token.to_vec())))
    }

    /// The request with this token.
    ///
    /// # Errors
    ///
    /// A name is unknown.
    pub fn request(&self, token: Option<Vec<u8>>) -> Result<TestRequest> {
        let spec = &self.case.request;
        let scope = self.scope(token.as_deref());
        let bytes = |text: &str| scope.bytes(text).context("`request`");
        let optional = |text: &Option<String>| text.as_deref().map(bytes).transpose();
        let mut headers = Vec::new();
        for HeaderLine(name, value) in &spec.headers {
            headers.push((bytes(name)?, bytes(value)?));
        }
        let (carrier, prefix) = self.carrier;
        let has_token = self.case.uses("$token")
            || spec.headers.iter().any(|HeaderLine(name, _)| name.eq_ignore_ascii_case(carrier));
        if let Some(token) = &token
            && !has_token
        {
            headers.push((carrier.as_bytes().to_vec(), [prefix.as_bytes(), token].concat()));
        }
        let mut upstream = BTreeMap::new();
        for (name, value) in &self.case.upstream {
            let value = value.as_deref().map(|value| scope.text(value)).transpose().context("`upstream`")?;
            upstream.insert(name.clone(), value);
        }
        Ok(TestRequest {
            method: bytes(&spec.method)?,
            target: bytes(&spec.path)?,
            host: optional(&spec.host)?,
            headers,
            body: optional(&spec.body)?,
            metadata: self.metadata.clone(),
            left_by_jwt_authn: self.left_by_jwt_authn.clone(),
            token,
            upstream,
        })
    }
}

impl<T: TokenFormat> Case<T> {
    /// Whether the request or the described token uses this `$name`.
    fn uses(&self, name: &str) -> bool {
        let request = &self.request;
        let headers = request.headers.iter().map(|HeaderLine(_, value)| value.as_str());
        let mut texts = headers.chain([request.path.as_str()]).chain(request.body.as_deref());
        texts.any(|text| text.contains(name))
            || matches!(&self.token, Some(TokenChoice::Described(spec)) if format!("{spec:?}").contains(name))
    }
}
