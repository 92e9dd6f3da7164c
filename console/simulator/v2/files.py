"""How a station of OCPP 2.x obeys: firmware, logs, certificates, network profiles."""

from __future__ import annotations

from typing import Any

from console.simulator.certificates import CSR, fingerprint, looks_like_certificate
from console.simulator.transfer import FirmwareOrder, LogOrder, detailed_update, log_name
from console.simulator.v2.answering import Answering
from console.simulator.wire import on


class Files(Answering):
    """Handlers for everything that moves files or certificates."""

    @on("UpdateFirmware")
    def on_update_firmware(self, **_: Any) -> Any:
        """Fetch, verify where it is signed, and install."""
        certificate = self.request["firmware"].get("signingCertificate")
        if certificate is not None and not looks_like_certificate(certificate):
            return self.answer("UpdateFirmware", status="InvalidCertificate")
        status = "AcceptedCanceled" if self.station.transfers.updating else "Accepted"
        order = detailed_update(self.request)
        self.then("firmware", lambda: self._update(order))
        return self.answer("UpdateFirmware", status=status)

    async def _update(self, order: FirmwareOrder) -> None:
        self.station.transfers.update(order)

    @on("GetLog")
    def on_get_log(
        self, log_type: str, request_id: int, retries: int | None = None, retry_interval: int | None = None, **_: Any
    ) -> Any:
        """Upload a log."""
        security = log_type == "SecurityLog"
        name = log_name(self.station, security=security)
        status = "AcceptedCanceled" if self.station.transfers.uploading else "Accepted"
        location = self.request["log"]["remoteLocation"]
        order = LogOrder(location, name, request_id, security, retries or 0, retry_interval or 5)
        self.then("log", lambda: self._upload(order))
        return self.answer("GetLog", status=status, filename=name)

    async def _upload(self, order: LogOrder) -> None:
        self.station.transfers.upload(order)

    @on("PublishFirmware")
    def on_publish_firmware(self, **_: Any) -> Any:
        """A station that serves no others (L03 is for local controllers)."""
        return self.answer("PublishFirmware", status="Rejected", status_info=self.reason("UnsupportedRequest"))

    @on("UnpublishFirmware")
    def on_unpublish_firmware(self, **_: Any) -> Any:
        """Nothing was ever published."""
        return self.answer("UnpublishFirmware", status="NoFirmware")

    @on("SetNetworkProfile")
    def on_set_network_profile(self, configuration_slot: int, **_: Any) -> Any:
        """Keep a network profile in slot 0 or 1; it is not used before somebody makes it first and restarts."""
        if configuration_slot not in (0, 1):
            return self.answer("SetNetworkProfile", status="Rejected", status_info=self.reason("InvalidConfSlot"))
        self.speech.network_slots[configuration_slot] = self.request["connectionData"]
        return self.answer("SetNetworkProfile", status="Accepted")

    # --- certificates (block M, A02, A03) -----------------------------------------------------------------------

    async def sign_certificate(self, certificate_type: str) -> None:
        """Ask for a new certificate of the station's own."""
        await self.station.tell("SignCertificate", {"csr": CSR, "certificate_type": certificate_type})

    @on("CertificateSigned")
    def on_certificate_signed(self, certificate_chain: str, **_: Any) -> Any:
        """Take the certificate that was asked for."""
        good = looks_like_certificate(certificate_chain)
        return self.answer("CertificateSigned", status="Accepted" if good else "Rejected")

    @on("InstallCertificate")
    def on_install_certificate(self, certificate_type: str, certificate: str, **_: Any) -> Any:
        """Keep a root certificate."""
        if not looks_like_certificate(certificate):
            return self.answer("InstallCertificate", status="Failed")
        self.station.certificates.append({"type": certificate_type, "hash": fingerprint(certificate)})
        return self.answer("InstallCertificate", status="Accepted")

    @on("GetInstalledCertificateIds")
    def on_get_installed_certificate_ids(self, certificate_type: list[str] | None = None, **_: Any) -> Any:
        """Fingerprints of the kept certificates of those types, or of all."""
        chain = [
            {"certificateHashData": kept["hash"], "certificateType": kept["type"]}
            for kept in self.station.certificates
            if certificate_type is None or kept["type"] in certificate_type
        ]
        if not chain:
            return self.answer("GetInstalledCertificateIds", status="NotFound")
        return self.answer("GetInstalledCertificateIds", status="Accepted", certificate_hash_data_chain=chain)

    @on("DeleteCertificate")
    def on_delete_certificate(self, **_: Any) -> Any:
        """Forget a certificate."""
        kept = self.station.certificates
        rest = [one for one in kept if one["hash"] != self.request["certificateHashData"]]
        known, kept[:] = len(rest) < len(kept), rest
        return self.answer("DeleteCertificate", status="Accepted" if known else "NotFound")
