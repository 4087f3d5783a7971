# The image of netsluice: Node, the program and the packages it needs to run. No shell, no package manager.
#
# Both bases are arguments with a tag. A release resolves the tags and passes them with their digests
# (.github/workflows/release.yml); no digest is kept here, because one that nobody renews only gets older.
ARG BUILD_BASE=docker.io/library/node:24-trixie-slim
ARG BASE=gcr.io/distroless/nodejs24-debian13:nonroot

# What runs. npm's own configuration (another registry, a token, a certificate authority) is lent for the one
# command as /run/secrets/npmrc and /run/secrets/npm-ca, and never becomes part of a layer.
FROM ${BUILD_BASE} AS modules
WORKDIR /app
COPY package.json package-lock.json .setup/trim-modules.mjs ./
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
    --mount=type=secret,id=npm-ca,target=/run/secrets/npm-ca \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund && node trim-modules.mjs node_modules

# What compiles.
FROM ${BUILD_BASE} AS tools
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
    --mount=type=secret,id=npm-ca,target=/run/secrets/npm-ca \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc \
    npm ci --ignore-scripts --no-audit --no-fund

FROM tools AS program
COPY tsconfig.json ./
COPY src src
RUN node node_modules/typescript/bin/tsc -p src --sourceMap false

FROM ${BASE}
ARG BASE
ARG VERSION=dev
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="netsluice" \
      org.opencontainers.image.description="The admission gate that knows what a Kubernetes NetworkPolicy will do before it does it." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}"
# The base keeps Node in /nodejs/bin, off its path.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin NODE_ENV=production
WORKDIR /app
# What changes least comes first. Readable by all and owned by root: whatever uid runs it cannot change it.
COPY --from=modules --chown=0:0 /app/node_modules node_modules
COPY --chown=0:0 --chmod=0644 package.json LICENSE ./
COPY --from=program --chown=0:0 /app/dist dist
COPY --chown=0:0 --chmod=0755 docs/rules docs/rules
COPY --chown=0:0 --chmod=0755 examples examples
EXPOSE 9443 8081
USER 65532:65532
ENTRYPOINT ["node", "dist/main.js"]
