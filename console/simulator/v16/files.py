"""How a station of OCPP 1.6J obeys: firmware, diagnostics, logs and certificates (with the security whitepaper)."""

from __future__ import annotations

from typing import Any

from ocpp.v16 import call_result

from console.simulator.certificates import CSR, fingerprint, looks_like_certificate
from console.simulator.clock import parse
from console.simulator.transfer import FirmwareOrder, LogOrder, detailed_update, log_name
from console.simulator.wire import StationEnd, on


class Files16(StationEnd):
    """Handlers for everything that moves files or certificates."""

    @on("UpdateFirmware")
    def on_update_firmware(
        self, location: str, retrieve_date: str, retries: int | None = None, retry_interval: int | None = None
    ) -> call_result.UpdateFirmware:
        """Fetch and install, in the plain way of 1.6."""
        order = FirmwareOrder(
            location,
            parse(retrieve_date),
            retries=2 if retries is None else retries,
            retry_interval=5 if retry_interval is None else retry_interval,
        )
        self.then("firmware", lambda: self._update(order))
        return call_result.UpdateFirmware()

    @on("SignedUpdateFirmware")
    def on_signed_update_firmware(self, **_: Any) -> call_result.SignedUpdateFirmware:
        """Fetch, verify and install."""
        if not looks_like_certificate(self.request["firmware"]["signingCertificate"]):
            return call_result.SignedUpdateFirmware("InvalidCertificate")
        status = "AcceptedCanceled" if self.station.transfers.updating else "Accepted"
        order = detailed_update(self.request)
        self.then("firmware", lambda: self._update(order))
        return call_result.SignedUpdateFirmware(status)

    async def _update(self, order: FirmwareOrder) -> None:
        self.station.transfers.update(order)

    @on("GetDiagnostics")
    def on_get_diagnostics(
        self, location: str, retries: int | None = None, retry_interval: int | None = None, **_: Any
    ) -> call_result.GetDiagnostics:
        """Upload a diagnostics file."""
        name = log_name(self.station)
        order = LogOrder(location, name, retries=retries or 0, retry_interval=retry_interval or 5)
        self.then("diagnostics", lambda: self._upload(order))
        return call_result.GetDiagnostics(name)

    @on("GetLog")
    def on_get_log(
        self, log_type: str, request_id: int, retries: int | None = None, retry_interval: int | None = None, **_: Any
    ) -> call_result.GetLog:
        """Upload a diagnostics or security log."""
        security = log_type == "SecurityLog"
        name = log_name(self.station, security=security)
        status = "AcceptedCanceled" if self.station.transfers.uploading else "Accepted"
        location = self.request["log"]["remoteLocation"]
        order = LogOrder(location, name, request_id, security, retries or 0, retry_interval or 5)
        self.then("log", lambda: self._upload(order))
        return call_result.GetLog(status, name)

    async def _upload(self, order: LogOrder) -> None:
        self.station.transfers.upload(order)

    # --- certificates -------------------------------------------------------------------------------------------

    async def sign_certificate(self) -> None:
        """Ask for a new certificate of the station's own."""
        await self.station.tell("SignCertificate", {"csr": CSR})

    @on("CertificateSigned")
    def on_certificate_signed(self, certificate_chain: str) -> call_result.CertificateSigned:
        """Take the certificate that was asked for."""
        return call_result.CertificateSigned("Accepted" if looks_like_certificate(certificate_chain) else "Rejected")

    @on("InstallCertificate")
    def on_install_certificate(self, certificate_type: str, certificate: str) -> call_result.InstallCertificate:
        """Keep a root certificate."""
        if not looks_like_certificate(certificate):
            return call_result.InstallCertificate("Failed")
        self.station.certificates.append({"type": certificate_type, "hash": fingerprint(certificate)})
        return call_result.InstallCertificate("Accepted")

    @on("GetInstalledCertificateIds")
    def on_get_installed_certificate_ids(self, certificate_type: str) -> call_result.GetInstalledCertificateIds:
        """Fingerprints of the kept certificates of that type."""
        found = [kept["hash"] for kept in self.station.certificates if kept["type"] == certificate_type]
        return call_result.GetInstalledCertificateIds("Accepted" if found else "NotFound", found or None)

    @on("DeleteCertificate")
    def on_delete_certificate(self, **_: Any) -> call_result.DeleteCertificate:
        """Forget a certificate."""
        kept = self.station.certificates
        rest = [one for one in kept if one["hash"] != self.request["certificateHashData"]]
        known, kept[:] = len(rest) < len(kept), rest
        return call_result.DeleteCertificate("Accepted" if known else "NotFound")
