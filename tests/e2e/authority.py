# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the test run's own."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Makes certificates in a folder."""

    def __init__(self, folder, name):
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self.build(self.name, self.key, DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), True)
        self.bundle = self.write("ca.pem", made.sign(self.key, hashes.SHA256()))

    def build(self, subject, key, lasts):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject)
                .issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - 30 * DAY)
                .not_valid_after(now + lasts))

    def write(self, name, *parts):
        file = self.folder / name
        file.write_bytes(b"".join(
            part if isinstance(part, bytes) else
            part.public_bytes(serialization.Encoding.PEM) for part in parts))
        return file

    def certificate(self, name="127.0.0.1", lasts=DAY):
        """For a server that calls itself so, and its key: two files."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternative = x509.IPAddress(ipaddress.ip_address(name)) \
            if name[0].isdigit() else x509.DNSName(name)
        made = self.build(x509.Name([]), key, lasts).add_extension(
            x509.SubjectAlternativeName([alternative]), True)
        return (self.write(f"{name}{lasts.days}.pem",
                           made.sign(self.key, hashes.SHA256())),
                self.write(f"{name}{lasts.days}.key", key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption())))

    def context(self, *of):
        """What wraps a connection of such a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(*of))
        return lambda connection: context.wrap_socket(connection,
                                                      server_side=True)
