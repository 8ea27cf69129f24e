//! Published signatures that show whether a verifier works before the gate relies on it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::algorithm::Algorithm;
use super::key::Key;
use super::verifier::Verifier;
use crate::wire::json::Json;

/// A key, a message and its signature.
struct Vector {
    algorithm: Algorithm,
    jwk: &'static str,
    message: &'static str,
    signature: &'static str,
}

/// RFC 7515 appendix A.2.
const RS256: Vector = Vector {
    algorithm: Algorithm::Rs256,
    jwk: concat!(
        r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0"#,
        "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-",
        "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2P",
        r#"AcDTW9gb54h4FRWyuXpoQ"}"#
    ),
    message: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    signature: concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dn",
        "ZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-",
        "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    ),
};

/// RFC 7515 appendix A.3.
const ES256: Vector = Vector {
    algorithm: Algorithm::Es256,
    jwk: r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    message: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
};

/// Whether a verifier accepts a valid RSA signature and rejects an invalid one.
pub fn verifies_rsa(verifier: &impl Verifier) -> bool {
    RS256.holds(verifier)
}

/// Whether a verifier accepts a valid ECDSA signature and rejects an invalid one.
pub fn verifies_ecdsa(verifier: &impl Verifier) -> bool {
    ES256.holds(verifier)
}

impl Vector {
    fn holds(&self, verifier: &impl Verifier) -> bool {
        let key = Json::parse(self.jwk.as_bytes(), 2).ok().and_then(|jwk| Key::from_jwk(&jwk).ok());
        let (Some(key), Ok(signature)) = (key, URL_SAFE_NO_PAD.decode(self.signature)) else { return false };
        let verify = |message: &str| verifier.verify(&key, self.algorithm, message.as_bytes(), &signature);
        verify(self.message) && !verify("something else")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RustCrypto;

    struct Always(bool);

    impl Verifier for Always {
        fn verify(&self, _: &Key, _: Algorithm, _: &[u8], _: &[u8]) -> bool {
            self.0
        }
    }

    #[test]
    fn rfc_7515_appendices_a_2_and_a_3() {
        assert!(verifies_rsa(&RustCrypto) && verifies_ecdsa(&RustCrypto));
        for always in [true, false] {
            assert!(!verifies_rsa(&Always(always)) && !verifies_ecdsa(&Always(always)));
        }
    }
}
