#!/usr/bin/env bash
# Make a base image of Debian without a registry of images: base_image.sh TAG
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=python3,python3-pip,ca-certificates,git bookworm "$root" > /dev/null
# The machine may reach its package index through an authority of its own.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf '[global]\nbreak-system-packages = true\n' > "$root/etc/pip.conf"
tar -C "$root" -c . | podman import - "$1" > /dev/null
