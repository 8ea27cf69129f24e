//! The supported curl options, with and without effect on the request (curl's manual page, 8.x).

use crate::terminal::quoted;

/// The effect of an option on the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// No effect that the gate sees.
    None,
    /// No effect that the gate sees; the value is skipped.
    Skip,
    /// Sets the method.
    Method,
    /// Sets the method HEAD.
    Head,
    /// Sends the data as the query.
    Get,
    /// Sets the URL.
    Url,
    /// Adds to the query.
    Query,
    /// Replaces the request target.
    Target,
    /// Adds or removes a header.
    Header,
    /// Sets the header of this name.
    Named(&'static str),
    /// Sets cookies.
    Cookie,
    /// Sets `authorization: Basic`.
    User,
    /// Sets `authorization: Bearer`.
    Bearer,
    /// Adds data to the body; the method is POST.
    Data,
    /// Adds URL-encoded data to the body; the method is POST.
    DataEncoded,
    /// Sends a body of another kind; the method is POST.
    Form,
    /// Sends a file; the method is PUT.
    Upload,
    /// Keeps `.` and `..` in paths.
    AsIs,
    /// Keeps braces and brackets.
    Literal,
    /// Starts another request.
    Next,
}

impl Effect {
    /// Whether the option has a value.
    pub(super) fn has_value(self) -> bool {
        !matches!(self, Self::None | Self::Head | Self::Get | Self::AsIs | Self::Literal | Self::Next)
    }
}

/// The effect of a one-letter option.
pub(super) fn short(letter: char) -> Option<Effect> {
    let long = match letter {
        'H' => "header",
        'X' => "request",
        'I' => "head",
        'G' => "get",
        'd' => "data",
        'F' => "form",
        'T' => "upload-file",
        'A' => "user-agent",
        'e' => "referer",
        'b' => "cookie",
        'u' => "user",
        'g' => "globoff",
        ':' => "next",
        'o' | 'm' | 'x' | 'w' | 'c' | 'D' | 'E' | 'r' | 'C' | 'y' | 'Y' | 'z' | 'U' => return Some(Effect::Skip),
        's' | 'S' | 'k' | 'L' | 'v' | 'i' | 'f' | 'O' | 'J' | 'N' | 'n' | '#' | '0' | '1' | '2' | '3' | '4' | '6'
        | 'R' | 'Z' | 'j' | 'q' | 'a' => return Some(Effect::None),
        _ => return None,
    };
    self::long(long)
}

/// The effect of a long option.
pub(super) fn long(name: &str) -> Option<Effect> {
    Some(match name {
        "header" => Effect::Header,
        "request" => Effect::Method,
        "head" => Effect::Head,
        "get" => Effect::Get,
        "url" => Effect::Url,
        "url-query" => Effect::Query,
        "request-target" => Effect::Target,
        "data" | "data-ascii" | "data-raw" | "data-binary" => Effect::Data,
        "data-urlencode" => Effect::DataEncoded,
        "json" | "form" | "form-string" => Effect::Form,
        "upload-file" => Effect::Upload,
        "user-agent" => Effect::Named("user-agent"),
        "referer" => Effect::Named("referer"),
        "cookie" => Effect::Cookie,
        "user" => Effect::User,
        "oauth2-bearer" => Effect::Bearer,
        "path-as-is" => Effect::AsIs,
        "globoff" => Effect::Literal,
        "next" => Effect::Next,
        "output" | "output-dir" | "max-time" | "connect-timeout" | "cacert" | "capath" | "cert" | "cert-type"
        | "key" | "key-type" | "pass" | "proxy" | "proxy-user" | "proxy-header" | "noproxy" | "resolve"
        | "connect-to" | "write-out" | "retry" | "retry-delay" | "retry-max-time" | "cookie-jar" | "dump-header"
        | "max-redirs" | "ciphers" | "tls13-ciphers" | "curves" | "tls-max" | "pinnedpubkey" | "interface"
        | "limit-rate" | "range" | "continue-at" | "speed-limit" | "speed-time" | "time-cond" | "unix-socket"
        | "dns-servers" | "doh-url" | "trace" | "trace-ascii" | "stderr" | "keepalive-time" | "expect100-timeout"
        | "max-filesize" | "local-port" | "socks5" | "socks5-hostname" | "variable" => Effect::Skip,
        "silent"
        | "show-error"
        | "insecure"
        | "location"
        | "location-trusted"
        | "verbose"
        | "include"
        | "fail"
        | "fail-with-body"
        | "fail-early"
        | "remote-name"
        | "remote-name-all"
        | "remote-header-name"
        | "no-buffer"
        | "netrc"
        | "netrc-optional"
        | "progress-bar"
        | "no-progress-meter"
        | "compressed"
        | "compressed-ssh"
        | "http0.9"
        | "http1.0"
        | "http1.1"
        | "http2"
        | "http2-prior-knowledge"
        | "http3"
        | "http3-only"
        | "tlsv1"
        | "tlsv1.0"
        | "tlsv1.1"
        | "tlsv1.2"
        | "tlsv1.3"
        | "sslv2"
        | "sslv3"
        | "ssl-reqd"
        | "ssl-no-revoke"
        | "ipv4"
        | "ipv6"
        | "remote-time"
        | "parallel"
        | "junk-session-cookies"
        | "disable"
        | "append"
        | "basic"
        | "tcp-nodelay"
        | "keepalive"
        | "no-keepalive"
        | "sessionid"
        | "no-sessionid"
        | "alpn"
        | "no-alpn"
        | "raw"
        | "tr-encoding"
        | "create-dirs"
        | "retry-connrefused"
        | "retry-all-errors"
        | "trace-time"
        | "trace-ids"
        | "styled-output"
        | "no-styled-output"
        | "post301"
        | "post302"
        | "post303"
        | "ca-native"
        | "cert-status"
        | "false-start" => Effect::None,
        _ => return None,
    })
}

/// The message for an unknown option.
pub(super) fn unknown(option: &str) -> String {
    // The value after `=` may be a token.
    let name = option.split('=').next().unwrap_or_default();
    format!("unknown option {}; remove it if it does not change the request", quoted(name))
}

/// The message for an option without a value.
pub(super) fn valueless(option: &str) -> String {
    format!("the option `{option}` has no value")
}
