/** A certificate for localhost that nobody vouches for, and its key. Made for the tests, good for nothing else, valid for a century. */
export const selfSigned: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdoELLTxngSDZY9Hw
cfClMcb21h7V8h9w2z6rV4BaZaihRANCAAQp0XbpCwt4vvbBD/4esQMdqd7zQTqO
RduXx6gq7/9QN3G4y4tqj8Mrr/X/jeYJoI7TbyBv+62CKgJXJTm+rPCX
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUNg+Q/KGpZOq8DW4ggvaNvYns5rswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEwMzk0MFoYDzIxMjYxMDI5
MTAzOTQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQp0XbpCwt4vvbBD/4esQMdqd7zQTqORduXx6gq7/9QN3G4y4tqj8Mr
r/X/jeYJoI7TbyBv+62CKgJXJTm+rPCXo1MwUTAdBgNVHQ4EFgQU6aPHgWwc5zag
WqQo8SjMYKieWNswHwYDVR0jBBgwFoAU6aPHgWwc5zagWqQo8SjMYKieWNswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAUvBtnl0EtvF+CilSNCz9U
OeeDyjTflctBF+7z36cmlgIgG/pQRGLXGC5+PRMc+b8MGO/CQlJe4fWqE4kTrreR
q0M=
-----END CERTIFICATE-----
`,
}
