"""The identity provider: an OpenID Connect provider such as Cognito, which signs people and partners' systems in."""
